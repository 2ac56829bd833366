"""A memory setting in the words of an engine that is not the one that serves."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.rule import Complaint, Evidence, Rule

WORDS = {"vllm": ("gpu_memory_utilization", "kv_cache_memory_bytes"), "sglang": ("mem_fraction_static",)}
WORDS["vllm-ascend"] = WORDS["vllm"]


def check(plan: Plan, facts: Facts) -> Iterator[Complaint]:
    """Report words that the serving engine has no flag for."""
    engine = facts.engine.name or "vllm"
    for word, value in facts.memory.model_dump(exclude_none=True).items():
        if word not in WORDS[engine]:
            yield Complaint(
                ("serving", "memory", word), f"found {word} {value}, wanted {' or '.join(WORDS[engine])} for {engine}"
            )


RULE = Rule(
    name="memory-word-of-another-engine",
    severity=Severity.ERROR,
    failure=Failure.SILENT,
    summary="the engine has no such memory setting",
    why="vLLM's fraction is one of the whole memory, SGLang's one of what is free before loading. Neither engine has "
    "the other's flag, and the numbers do not carry over.",
    help="use the engine's own word; the numbers differ, because the two count from different totals",
    evidence=(
        Evidence("vllm-project/vllm vllm/engine/arg_utils.py", "0.11.0 to 0.33.0: --gpu-memory-utilization only"),
        Evidence("sgl-project/sglang python/sglang/srt/server_args.py", "0.5.5 to 0.5.23: --mem-fraction-static only"),
    ),
    check=check,
    bad="serving: {memory: {mem_fraction_static: 0.75}}",
    good="serving: {memory: {gpu_memory_utilization: 0.75}}",
    allowable=False,
)
