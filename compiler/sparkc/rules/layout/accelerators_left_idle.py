"""Fewer ranks than accelerators."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.rule import Complaint, Evidence, Rule


def _knows_the_machines(facts: Facts) -> bool:
    return facts.hardware is not None


def _check(_: Plan, facts: Facts) -> Iterator[Complaint]:
    there = len(facts.hosts) * facts.accelerators
    if facts.world_size < there:
        yield Complaint(
            ("parallelism",),
            f"{facts.ranks_in_words} makes {facts.world_size} ranks; "
            f"{len(facts.hosts)} x {facts.accelerators} accelerators make {there}, and {there - facts.world_size} idle",
        )


RULE = Rule(
    name="accelerators-left-idle",
    severity=Severity.ERROR,
    failure=Failure.SILENT,
    summary="the parallel sizes leave accelerators without a rank",
    why="A node without a rank still loads nothing, computes nothing and is waited for. With three hosts and "
    "tensor 2 the third joins the Ray cluster and stays empty, and the two that work may run out of memory that "
    "the third has.",
    help="remove the hosts that have nothing to do, or raise parallelism so that ranks and accelerators match",
    evidence=(
        Evidence(
            "https://al-engr.com/minimax-m2.7-dual-spark.html",
            "Gotcha 1: the model ran on one of two nodes, and no error said so",
        ),
        Evidence(
            "vllm-project/vllm vllm/engine/arg_utils.py",
            "0.18.1: without Ray the world size must divide over the nodes",
        ),
    ),
    bad="""
model: {id: nvidia/Qwen3.6-35B-A3B-NVFP4, size: 25 GB}
parallelism: {tensor: 1}
""",
    good="""
model: {id: nvidia/Qwen3.6-35B-A3B-NVFP4, size: 25 GB}
parallelism: {tensor: 2}
""",
    applies=_knows_the_machines,
    check=_check,
)
