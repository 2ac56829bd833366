"""A block of the KV cache does not divide into the pieces that ranks take turns with."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.engine_config import number, place
from sparkc.rules.rule import Complaint, Evidence, Rule

FLAG = "--cp-kv-cache-interleave-size"


def _check(plan: Plan, facts: Facts) -> Iterator[Complaint]:
    piece, block = number(plan, FLAG), number(plan, "--block-size")
    if piece and block and block % piece and (number(plan, "--decode-context-parallel-size") or 1) > 1:
        yield Complaint(
            place(plan, facts, FLAG), f"{FLAG} is {piece}, --block-size is {block}; wanted a divisor of {block}"
        )


RULE = Rule(
    name="cache-interleave-splits-block",
    severity=Severity.ERROR,
    failure=Failure.CRASH,
    summary="the interleave of the KV cache does not divide its block",
    why="With decode context parallelism vLLM ends with an AssertionError: `Block_size should be greater than or "
    "equal to and divisible by cp_kv_cache_interleave_size`.",
    help="choose a divisor of the block size",
    evidence=(
        Evidence(
            "vllm-project/vllm vllm/config/vllm.py",
            "0.18.1: asserts it when decode_context_parallel_size is above 1",
        ),
    ),
    bad="""
parallelism: {tensor: 2}
model: {id: deepseek-ai/DeepSeek-V3, size: 100 GB}
args: {block-size: 64, cp-kv-cache-interleave-size: 48, decode-context-parallel-size: 2}
""",
    good="""
parallelism: {tensor: 2}
model: {id: deepseek-ai/DeepSeek-V3, size: 100 GB}
args: {block-size: 64, cp-kv-cache-interleave-size: 32, decode-context-parallel-size: 2}
""",
    check=_check,
    allowable=False,
)
