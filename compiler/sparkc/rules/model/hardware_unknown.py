"""A kind of machine that the catalog does not hold."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.catalog.hardware import hardware_names
from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.rule import Complaint, Evidence, Rule
from sparkc.source.spelling import nearest


def _check(_: Plan, facts: Facts) -> Iterator[Complaint]:
    if facts.hardware is None:
        name = facts.nodes.hardware or ""
        guess = nearest(name, hardware_names())
        yield Complaint(
            ("nodes", "hardware"),
            f"nodes.hardware is {name}; wanted one of {', '.join(hardware_names())}",
            help=f"did you mean `{guess}`?" if guess else None,
        )


RULE = Rule(
    name="hardware-unknown",
    severity=Severity.ERROR,
    failure=Failure.CRASH,
    summary="the catalog does not hold this kind of machine",
    why="How a container gets its accelerators, how much memory there is and which ports are fast: all of it "
    "hangs on the machine. Without it the container would start without a GPU.",
    help="name a machine of the catalog, or add a data file to compiler/sparkc/catalog/hardware",
    evidence=(
        Evidence(
            "https://docs.vllm.ai/projects/ascend/en/v0.23.0/tutorials/models/MiniMax-M2.html",
            "4.1: A2 and A3 servers need different devices and mounts",
        ),
        Evidence("timothystewart6/vllm-gb10 examples/two-node-cluster", "what a container needs on GB10"),
    ),
    bad="nodes: {hardware: dgx-sparc}",
    good="nodes: {hardware: dgx-spark}",
    check=_check,
    allowable=False,
)
