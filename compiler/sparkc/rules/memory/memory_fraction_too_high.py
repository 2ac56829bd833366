"""A fraction above what others could keep up on unified memory."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.command_line import engine_flags, place_of
from sparkc.rules.memory.fractions import FLAG, MOST, PROVEN, fraction_of
from sparkc.rules.rule import Complaint, Evidence, Rule
from sparkc.spec.sizes import in_gib


def check(plan: Plan, facts: Facts) -> Iterator[Complaint]:
    """Report a fraction above 0.85, with what it leaves on the smallest node."""
    fraction = fraction_of(plan)
    if fraction is not None and fraction > MOST:
        total = min(node.memory.total for node in plan.nodes)
        yield Complaint(
            place_of(facts, engine_flags(plan)[FLAG]),
            f"found {fraction:g}, wanted {MOST} at most and {PROVEN} to be sure: {fraction:g} leaves "
            f"{in_gib(round(total * (1 - fraction)))} of {in_gib(total)} for host, driver and everything else",
        )


RULE = Rule(
    name="memory-fraction-too-high",
    severity=Severity.WARNING,
    failure=Failure.OOM,
    summary="the engine takes so much of the unified memory that the host may lock up",
    why="On unified memory the rest of the fraction is all that kernel, driver, Ray and NCCL have, and the fraction is "
    "no hard limit while the engine profiles. The signs are swap in use, `NV_ERR_NO_MEMORY` in the kernel log, a node "
    "that stops answering, or a Ray worker that is killed under load.",
    help="set serving.memory.gpu_memory_utilization to 0.82; raise it in steps of 0.01 and watch MemAvailable and swap",
    evidence=(
        Evidence(
            "https://al-engr.com/minimax-m2.7-dual-spark.html",
            "gotcha 8: 0.82 and not 0.85+ after a worker died under ten requests of 100,000 tokens",
        ),
        Evidence("https://github.com/vllm-project/vllm/issues/46307", "the fraction does not bound profiling on GB10"),
        Evidence(
            "https://github.com/NVIDIA/open-gpu-kernel-modules/issues/1358",
            "allocations of the driver fail with NV_ERR_NO_MEMORY when the pool is nearly full",
        ),
        Evidence(
            "https://github.com/Avarok-Cybersecurity/dgx-vllm",
            "guide to MiniMax-M2.5-NVFP4: 0.85 by default, 0.80 when loading runs out of memory",
        ),
        Evidence(
            "NNNtrance/GLM-5.3-Flash-NVFP4-TP3-3x-DGX-Spark docs/05-memory-ladder.md",
            "0.88 in production after climbing in steps; 0.89 was refused",
            disagrees=True,
        ),
    ),
    applies=lambda facts: facts.is_unified and facts.engine.name == "vllm",
    check=check,
    bad="serving: {memory: {gpu_memory_utilization: 0.88}}",
    good="serving: {memory: {gpu_memory_utilization: 0.82}}",
)
