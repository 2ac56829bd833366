"""The size of the cache is pinned and a fraction is given: two masters."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.command_line import engine_flags, place_of
from sparkc.rules.memory.fractions import FLAG
from sparkc.rules.memory.memory_fraction_unset import PIN
from sparkc.rules.rule import Complaint, Evidence, Rule


def check(plan: Plan, facts: Facts) -> Iterator[Complaint]:
    """Report an engine that is told both."""
    flags = engine_flags(plan)
    if PIN in flags and FLAG in flags:
        pin, fraction = flags[PIN], flags[FLAG]
        yield Complaint(
            place_of(facts, pin),
            f"found {PIN} {pin.value} and {FLAG} {fraction.value}, wanted one of them: the pin sizes the cache and is "
            "not held against what is free, the fraction only decides whether the engine starts",
            also=((place_of(facts, fraction), "the fraction stands here"),),
        )


RULE = Rule(
    name="kv-pin-with-fraction",
    severity=Severity.WARNING,
    failure=Failure.HANG,
    summary="a pinned KV cache beside a memory fraction has locked up nodes",
    why="With kv_cache_memory_bytes the engine skips profiling and takes the bytes, whatever is free. Raising the "
    "fraction at the same time looks like a limit and is none: nodes have locked up.",
    help="remove serving.memory.kv_cache_memory_bytes, or the fraction",
    evidence=(
        Evidence("eugr/spark-vllm-docker README.md", "the mod gpu-mem-util-gb removes --kv-cache-memory-bytes"),
        Evidence("https://github.com/AEON-7/vllm-ultimate-dgx-spark/issues/9", "a node that locked up with both"),
        Evidence(
            "https://github.com/NVIDIA/xr-ai/pull/462",
            "with a pin the fraction no longer sizes the cache, and the check at start still uses it",
        ),
    ),
    applies=lambda facts: facts.is_unified and facts.engine.name == "vllm",
    check=check,
    bad="serving: {memory: {gpu_memory_utilization: 0.82, kv_cache_memory_bytes: 16 GiB}}",
    good="serving: {memory: {gpu_memory_utilization: 0.82}}",
)
