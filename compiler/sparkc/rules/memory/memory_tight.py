"""What the planner computes lies inside its own error: the launch may work, or fail after minutes of loading."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.memory.fractions import MOST, fraction_of
from sparkc.rules.memory.judged import BLAMED, HOST, RAY, complaint, nodes_with
from sparkc.rules.rule import Complaint, Evidence, Rule


def check(plan: Plan, facts: Facts) -> Iterator[Complaint]:
    """Report predicates that may hold or not."""
    for predicate in BLAMED:
        if predicate in _told_by_others(plan):
            continue
        for nodes, judged in nodes_with(plan, predicate, "tight"):
            found = complaint(nodes, judged)
            yield replace(found, message=f"{predicate} may fail, {found.message}")


def _told_by_others(plan: Plan) -> tuple[str, ...]:
    """Return predicates whose cause has a rule of its own: Ray's monitor always, the host under a high fraction."""
    fraction = fraction_of(plan)
    return (RAY, HOST) if fraction is not None and fraction > MOST else (RAY,)


RULE = Rule(
    name="memory-tight",
    severity=Severity.WARNING,
    failure=Failure.OOM,
    summary="the launch fits only if the estimate is right",
    why="The planner knows weights and KV cache well, and what engine, driver and host take beside them only within a "
    "few GiB. A launch inside that error may start today and fail tomorrow, when another service has grown.",
    help="leave more room, or measure one boot and keep its settings",
    evidence=(
        Evidence(
            "https://al-engr.com/minimax-m2.7-dual-spark.html",
            "115 GB over two Sparks ran at 0.82 for hours and failed above it under load",
        ),
        Evidence(
            "NNNtrance/GLM-5.3-Flash-EXL3-TP3-3x-DGX-Spark docs/17-memory-ledger.md",
            "boots of one command differ by 0.6 to 1.2 GiB; host and driver took 9.6 to 11.25 GiB",
        ),
        Evidence(
            "https://forums.developer.nvidia.com/t/working-recipe-minimax-m3-nvfp4-at-tp-3-on-3x-dgx-spark-no-4th-node-the-oom-fixes/373387",
            "a head with 4.4 GB left at 0.82 went on serving",
            disagrees=True,
        ),
    ),
    check=check,
    bad="""
serving: {memory: {gpu_memory_utilization: 0.85}}
""",
    good="""
serving: {memory: {gpu_memory_utilization: 0.82}}
""",
)
