"""After the weights, nothing of the engine's share is left for the KV cache."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.memory.judged import CACHE, LOAD, refused
from sparkc.rules.rule import Complaint, Evidence, Rule


def check(plan: Plan, facts: Facts) -> Iterator[Complaint]:
    """Report nodes whose share leaves no KV cache; where the weights cannot even be loaded, that is said instead."""
    yield from refused(plan, CACHE, unless=LOAD)


RULE = Rule(
    name="weights-do-not-fit",
    severity=Severity.ERROR,
    failure=Failure.OOM,
    summary="weights and overhead leave nothing for the KV cache",
    why="The engine takes weights, activations and graphs out of its share; what is left is the KV cache. With "
    "nothing left it ends after the whole load, 4 to 25 minutes later, with `No available memory for the cache "
    "blocks` (vLLM) or `Not enough memory. Please try to increase --mem-fraction-static` (SGLang).",
    help="raise the fraction, take a smaller checkpoint, or spread it over more nodes",
    evidence=(
        Evidence(
            "vllm-project/vllm vllm/v1/core/kv_cache_utils.py",
            "0.18.1: refuses when nothing is left for cache blocks, after loading",
        ),
        Evidence(
            "sgl-project/sglang python/sglang/srt/model_executor/pool_configurator.py",
            "0.5.12: refuses when the pool has no token, after loading",
        ),
        Evidence(
            "https://al-engr.com/minimax-sglang-debug.html",
            "130.6 GB over two Sparks leaves room, 229 GB does not",
        ),
        Evidence(
            "https://al-engr.com/minimax-sglang-debug.html",
            "The Setup: 141 GB for the same checkpoint, as on its card; sparkc takes that, and model.size before it",
            disagrees=True,
        ),
        Evidence(
            "https://al-engr.com/minimax-m2.7-dual-spark.html",
            "45B active parameters for M2.7; 8 of its 256 experts and the rest make 10B, which sparkc computes with",
            disagrees=True,
        ),
    ),
    check=check,
    bad="""
serving: {memory: {gpu_memory_utilization: 0.5}}
""",
    good="""
serving: {memory: {gpu_memory_utilization: 0.8}}
""",
)
