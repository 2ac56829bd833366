"""The weights alone are more than the node can hold while it loads."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.memory.judged import LOAD, refused
from sparkc.rules.rule import Complaint, Evidence, Rule


def check(plan: Plan, facts: Facts) -> Iterator[Complaint]:
    """Report nodes that cannot hold their part of the weights at the worst moment of loading."""
    yield from refused(plan, LOAD)


RULE = Rule(
    name="load-peak-too-high",
    severity=Severity.ERROR,
    failure=Failure.OOM,
    summary="a node cannot hold its part of the weights while loading",
    why="Nothing in the engine bounds what loading takes on top of the weights, and on unified memory the host pays "
    "for it. The node swaps and crawls, or the kernel kills the engine after minutes of loading.",
    help="take a smaller checkpoint, or spread it over more nodes",
    evidence=(
        Evidence(
            "https://github.com/vllm-project/vllm/issues/46307",
            "a fraction of 0.70 left about 7 GiB of 119.6 on GB10 while profiling: the fraction does not bound "
            "the peak",
        ),
        Evidence(
            "https://github.com/vllm-project/vllm/issues/43969",
            "repacking for Marlin reached about 118 GB at a fraction of 0.7",
        ),
        Evidence(
            "https://al-engr.com/minimax-sglang-debug.html",
            "FP8 at 229 GB leaves about 5 GB per node on two Sparks; NVFP4 leaves 50",
        ),
    ),
    check=check,
    bad="""
model: {size: 260 GB}
""",
    good="""
model: {size: 131 GB}
""",
)
