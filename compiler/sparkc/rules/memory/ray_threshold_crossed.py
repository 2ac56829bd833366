"""What the launch needs is above the share at which Ray kills."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.memory.judged import RAY, refused
from sparkc.rules.rule import Complaint, Evidence, Rule


def check(plan: Plan, facts: Facts) -> Iterator[Complaint]:
    """Report nodes on which Ray's monitor would surely kill a worker."""
    yield from refused(plan, RAY)


RULE = Rule(
    name="ray-threshold-crossed",
    severity=Severity.ERROR,
    failure=Failure.CRASH,
    summary="the launch needs more than Ray's memory monitor lets live",
    why="Ray counts the model as host memory and kills the largest worker above its threshold: NODE_OUT_OF_MEMORY in "
    "the log, and the engine is gone.",
    help="switch Ray's memory monitor off, raise its threshold, or lower the fraction",
    evidence=(
        Evidence(
            "https://github.com/MiaAI-Lab/GLM-5.3-Flash-NVFP4-Dual-DGX-Spark/pull/2",
            "killed at 113.76 of 119.70 GiB, 0.9503, while loading",
        ),
        Evidence(
            "https://docs.ray.io/en/latest/ray-core/scheduling/ray-oom-prevention.html",
            "workers are killed when the node's memory use is above the threshold, 0.95 by default",
        ),
    ),
    check=check,
    bad="""
env: {RAY_memory_usage_threshold: 0.8}
""",
    good="""
env: {RAY_memory_usage_threshold: 0.97}
""",
)
