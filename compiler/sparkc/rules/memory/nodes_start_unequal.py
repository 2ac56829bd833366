"""Nodes that differ in memory: the smallest decides for all."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.rule import Complaint, Evidence, Rule
from sparkc.spec.sizes import UNITS, in_gib

DIFFERENCE = 5 * UNITS["GB"]


def check(plan: Plan, facts: Facts) -> Iterator[Complaint]:
    """Report nodes of which one has over 5 GB less left than another, by what the spec states."""
    left = [(node.memory.total - sum(entry.bytes for entry in node.reservations), node) for node in plan.nodes]
    least, smallest = min(left, key=lambda pair: (pair[0], pair[1].index))
    most, largest = max(left, key=lambda pair: (pair[0], -pair[1].index))
    if most - least > DIFFERENCE:
        yield Complaint(
            ("nodes", "hosts", smallest.index),
            f"found {in_gib(least)} left on {smallest.name} and {in_gib(most)} on {largest.name}, wanted at most "
            f"{in_gib(DIFFERENCE)} between them: the KV cache of every node is sized for {smallest.name}",
            also=((("nodes", "hosts", largest.index), f"{in_gib(most - least)} of this node go unused"),),
        )


RULE = Rule(
    name="nodes-start-unequal",
    severity=Severity.WARNING,
    failure=Failure.SLOW,
    summary="one node has less memory left than the others, and decides for all",
    why="Ranks hold equal parts, so the node with the least memory sets the KV cache of all. While loading, the fuller "
    "node swaps and falls behind, and the others run into their time limit.",
    help="move the services to one machine outside the group, or reserve the same on every node",
    evidence=(
        Evidence(
            "https://al-engr.com/minimax-sglang-debug.html",
            "wall 3: 107 GB free on the head and 100 GB on the worker; the worker swapped, loaded 4 times slower, and "
            "the other rank timed out",
        ),
        Evidence(
            "sgl-project/sglang python/sglang/srt/model_executor/model_runner.py",
            "0.5.12: refuses when the least free node has under 0.9 of this one's memory",
        ),
    ),
    applies=lambda facts: facts.is_distributed,
    check=check,
    bad="""
nodes:
  hosts:
    - {name: spark-1, ssh: 192.168.1.11, address: 10.0.0.1, reserved: [{name: speech, memory: 8 GiB}]}
    - {name: spark-2, ssh: 192.168.1.12, address: 10.0.0.2}
""",
    good="""
nodes:
  hosts:
    - {name: spark-1, ssh: 192.168.1.11, address: 10.0.0.1, reserved: [{name: speech, memory: 4 GiB}]}
    - {name: spark-2, ssh: 192.168.1.12, address: 10.0.0.2}
""",
)
