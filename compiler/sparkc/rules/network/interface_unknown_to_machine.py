"""An interface or RDMA device that this kind of machine does not ship with."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import Failure, KeyPath, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.places import one_per_place
from sparkc.rules.rule import Complaint, Evidence, Rule
from sparkc.source.spelling import nearest


def _has_known_ports(facts: Facts) -> bool:
    return facts.hardware is not None and bool(facts.hardware.fabric)


def _check(_: Plan, facts: Facts) -> Iterator[Complaint]:
    assert facts.hardware is not None
    ports = facts.hardware.fabric
    interfaces = (*(port.interface for port in ports), *facts.hardware.management)
    for key, host in one_per_place(facts, "interconnect", "interface"):
        name = host.interconnect.interface
        if name is not None and name not in interfaces:
            yield _complaint(facts, key, name, interfaces)
    devices = tuple(port.hca for port in ports)
    for key, host in one_per_place(facts, "interconnect", "hca"):
        for index, name in enumerate(host.interconnect.hca or ()):
            if name not in devices:
                yield _complaint(facts, (*key, index), name, devices)


def _complaint(facts: Facts, key: KeyPath, name: str, known: tuple[str, ...]) -> Complaint:
    assert facts.hardware is not None
    guess = nearest(name, known)
    return Complaint(
        key,
        f"{facts.hardware.title} ships with {', '.join(known)}; found {name}",
        help=f"did you mean {guess}?" if guess else None,
    )


RULE = Rule(
    name="interface-unknown-to-machine",
    severity=Severity.NOTE,
    failure=Failure.HANG,
    summary="a port is named that the machine does not ship with",
    why="A bond, a bridge or a renamed port is a good reason for another name, a slip of the pen is not. A name "
    "that does not exist costs the start: ranks bind nowhere, and the start script waits until it gives up.",
    help="compare with `ip -br link` and `ibdev2netdev` on the node; preflight looks for it too",
    evidence=(
        Evidence(
            "NVIDIA/dgx-spark-playbooks nvidia/connect-two-sparks", "the names of the four interfaces of a DGX Spark"
        ),
        Evidence(
            "https://al-engr.com/minimax-sglang-debug.html",
            "uses bond0 on two Sparks, so another name can be right",
            disagrees=True,
        ),
    ),
    bad="interconnect: {interface: enp1s0f0np1}",
    good="interconnect: {interface: enp1s0f0np0}",
    applies=_has_known_ports,
    check=_check,
)
