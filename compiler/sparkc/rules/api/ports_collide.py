"""Two programs on one node want the same port."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sparkc.findings import Failure, KeyPath, Severity
from sparkc.plan import Node, Plan
from sparkc.resolve.facts import Facts, HostFacts
from sparkc.rules.rule import Complaint, Evidence, Rule


@dataclass(frozen=True)
class _Claim:
    number: int
    by: str
    key: KeyPath


def _check(plan: Plan, facts: Facts) -> Iterator[Complaint]:
    told: set[tuple[KeyPath, KeyPath]] = set()
    for host, node in zip(facts.hosts, plan.nodes, strict=True):
        first: dict[int, _Claim] = {}
        for claim in _claims(host, node):
            other = first.setdefault(claim.number, claim)
            if other is not claim and (other.key, claim.key) not in told:
                told.add((other.key, claim.key))
                yield Complaint(
                    claim.key,
                    f"port {claim.number} on {node.name} is wanted by {other.by} and by {claim.by}; wanted two ports",
                    also=((other.key, f"{other.by} takes it here"),),
                )


def _claims(host: HostFacts, node: Node) -> Iterator[_Claim]:
    for index, entry in enumerate(host.host.reserved or ()):
        for position, number in enumerate(entry.ports or ()):
            yield _Claim(number, entry.name, ("nodes", "hosts", host.index, "reserved", index, "ports", position))
    for port in node.ports:
        yield _Claim(port.number, port.purpose, port.key)


RULE = Rule(
    name="ports-collide",
    severity=Severity.ERROR,
    failure=Failure.CRASH,
    summary="a port is wanted twice on one node",
    why="Containers use the node's own network. The second program to come ends with `Address already in use`; "
    "when that is the API, it comes minutes late, after the weights were loaded.",
    help="give one of them another port",
    evidence=(
        Evidence(
            "https://docs.vllm.ai/projects/ascend/en/v0.23.0/tutorials/models/MiniMax-M2.html",
            "10 FAQ: a port in use stops the start",
        ),
        Evidence("https://docs.ray.io/en/latest/ray-core/configure.html", "the ports that Ray binds on each node"),
    ),
    bad="serving: {port: 6379}",
    good="serving: {port: 8000}",
    check=_check,
    allowable=False,
)
