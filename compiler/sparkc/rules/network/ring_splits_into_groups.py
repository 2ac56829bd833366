"""A ring of four or more that carries anything but one tensor parallel group."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import Failure, KeyPath, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.rule import Complaint, Evidence, Rule


def _is_large_ring(facts: Facts) -> bool:
    return facts.interconnect.topology == "ring" and len(facts.hosts) >= 4 and facts.interconnect.kind == "roce"


def _check(_: Plan, facts: Facts) -> Iterator[Complaint]:
    ranks = len(facts.hosts) * facts.accelerators
    size = len(facts.hosts)
    if facts.tensor != ranks:
        yield Complaint(
            ("parallelism",),
            f"a ring of {size} nodes with tensor {facts.tensor}, pipeline {facts.pipeline}, data {facts.data}; "
            f"wanted one tensor parallel group of {ranks}",
        )
    if facts.uses_ray:
        key: KeyPath = ("engine", "executor")
        yield Complaint(
            key, f"Ray places ranks in an order of its own; a ring of {size} wants them in the order of the cables"
        )


RULE = Rule(
    name="ring-splits-into-groups",
    severity=Severity.WARNING,
    failure=Failure.HANG,
    summary="a ring of four or more nodes carries more than one group, or ranks out of order",
    why="Without a switch a node reaches its two neighbours only. NCCL's ring works when the ranks stand in the "
    "order of the cables and all nodes take part; a group of some of them, or an order chosen by Ray, asks for a "
    "connection that no cable carries.",
    help="use engine.executor: mp with parallelism.tensor over all nodes, hosts listed in the order of the "
    "cables; or a switch",
    evidence=(
        Evidence(
            "eugr/spark-vllm-docker docs/NETWORKING.md",
            "a ring of four: one tensor parallel group in cable order, no Ray, no three of the four",
        ),
        Evidence("spark-arena/sparkrun issue 174", "the same limits met by another launcher"),
    ),
    bad="""
interconnect: {topology: ring}
engine: {executor: ray}
parallelism: {tensor: 4}
nodes:
  hosts:
    - {name: spark-1, address: 10.0.0.1}
    - {name: spark-2, address: 10.0.0.2}
    - {name: spark-3, address: 10.0.0.3}
    - {name: spark-4, address: 10.0.0.4}
""",
    good="""
interconnect: {topology: ring}
engine: {executor: mp}
parallelism: {tensor: 4}
nodes:
  hosts:
    - {name: spark-1, address: 10.0.0.1}
    - {name: spark-2, address: 10.0.0.2}
    - {name: spark-3, address: 10.0.0.3}
    - {name: spark-4, address: 10.0.0.4}
""",
    applies=_is_large_ring,
    check=_check,
)
