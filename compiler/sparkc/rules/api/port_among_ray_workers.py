"""A fixed port inside the range from which Ray's workers take theirs."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import Failure, KeyPath, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.rule import Complaint, Evidence, Rule

FIRST, LAST = 10002, 19999
"""Ray's own range for workers (ray 2.54.0, `ray start --min-worker-port` and `--max-worker-port`)."""


def _uses_ray(facts: Facts) -> bool:
    return facts.uses_ray


def _check(_: Plan, facts: Facts) -> Iterator[Complaint]:
    first, last = _range(facts)
    for key, number, what in _fixed_ports(facts):
        if first <= number <= last:
            yield Complaint(
                key, f"port {number} of {what} lies in {first} to {last}, where Ray's workers take their ports"
            )


def _range(facts: Facts) -> tuple[int, int]:
    args = facts.ray.args or {}
    low, high = args.get("min-worker-port"), args.get("max-worker-port")
    return (low if isinstance(low, int) else FIRST, high if isinstance(high, int) else LAST)


def _fixed_ports(facts: Facts) -> Iterator[tuple[KeyPath, int, str]]:
    if facts.serving.port is not None:
        yield ("serving", "port"), facts.serving.port, "the API"
    for host in facts.hosts:
        for index, entry in enumerate(host.host.reserved or ()):
            for position, number in enumerate(entry.ports or ()):
                yield ("nodes", "hosts", host.index, "reserved", index, "ports", position), number, entry.name


RULE = Rule(
    name="port-among-ray-workers",
    severity=Severity.WARNING,
    failure=Failure.CRASH,
    summary="a fixed port lies in the range of Ray's workers",
    why="Ray gives each worker a port between 10002 and 19999 as it comes. Now and then one of them takes the "
    "port first, and the API, or the other service, ends with `Address already in use`.",
    help="take a port outside the range, or narrow it with engine.ray.args: {min-worker-port: …, max-worker-port: …}",
    evidence=(
        Evidence(
            "https://docs.ray.io/en/latest/ray-core/configure.html",
            "worker ports: 10002 to 19999 unless --min-worker-port and --max-worker-port say otherwise",
        ),
    ),
    bad="serving: {port: 10010}",
    good="serving: {port: 8010}",
    applies=_uses_ray,
    check=_check,
)
