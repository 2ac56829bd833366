"""The engine asks for its whole share before it loads, and the node does not have it."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.memory.judged import FREE, refused
from sparkc.rules.rule import Complaint, Evidence, Rule


def check(plan: Plan, facts: Facts) -> Iterator[Complaint]:
    """Report nodes that cannot have free what the engine asks for at its start."""
    yield from refused(plan, FREE)


RULE = Rule(
    name="free-at-start-short",
    severity=Severity.ERROR,
    failure=Failure.CRASH,
    summary="the engine would not find the memory that it asks for at its start",
    why="vLLM compares fraction times total with what is free before it loads anything, also when "
    "kv_cache_memory_bytes sizes the cache. It ends with `Free memory on device cuda:0 (…/… GiB) on startup is "
    "less than desired GPU memory utilization`. SGLang compares the nodes instead: `The memory capacity is unbalanced. "
    "Some GPUs may be occupied by other processes` when the least free one has less than 0.9 of another.",
    help="lower serving.memory.gpu_memory_utilization (vLLM), or free memory on the node",
    evidence=(
        Evidence(
            "vllm-project/vllm vllm/v1/worker/utils.py",
            "0.18.1 (0.33.0: vllm/v1/worker/gpu_worker.py): refuses if free is below ceil(total * fraction); a "
            "pinned cache does not lift the check",
        ),
        Evidence(
            "sgl-project/sglang python/sglang/srt/model_executor/model_runner.py",
            "0.5.12: the least over all ranks against 0.9 of this rank's; "
            "SGLANG_ENABLE_TP_MEMORY_INBALANCE_CHECK=0 makes it a warning",
        ),
        Evidence(
            "https://al-engr.com/minimax-m2.7-dual-spark.html",
            "gotcha 2: refused with 11.19 of 119.67 GiB free (vLLM 0.18.1rc1)",
        ),
        Evidence(
            "https://github.com/vllm-project/vllm/issues/48140",
            "the same refusal on GB10 with 0.24.0, cured by dropping the page cache",
        ),
    ),
    check=check,
    bad="""
serving: {memory: {kv_cache_memory_bytes: 16 GiB}}
nodes:
  hosts:
    - {name: spark-1, ssh: 192.168.1.11, address: 10.0.0.1, reserved: [{name: speech, memory: 16 GiB}]}
    - {name: spark-2, ssh: 192.168.1.12, address: 10.0.0.2, reserved: [{name: speech, memory: 16 GiB}]}
""",
    good="""
serving: {memory: {kv_cache_memory_bytes: 16 GiB}}
""",
)
