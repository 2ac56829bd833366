"""The KV cache cannot hold a single request of the promised length."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.memory.judged import CACHE, REQUEST, refused
from sparkc.rules.rule import Complaint, Evidence, Rule


def check(plan: Plan, facts: Facts) -> Iterator[Complaint]:
    """Report nodes whose cache is smaller than one longest request, unless there is no cache at all."""
    yield from refused(plan, REQUEST, unless=CACHE)


RULE = Rule(
    name="one-request-does-not-fit",
    severity=Severity.ERROR,
    failure=Failure.CRASH,
    summary="the KV cache cannot hold one request of max_model_len",
    why="The engine refuses to promise a context that it cannot serve once. It says so after the whole load: `To "
    "serve at least one request with the model's max seq len (…), … GiB KV cache is needed`.",
    help="shorten serving.max_model_len, or make the cache larger",
    evidence=(
        Evidence(
            "vllm-project/vllm vllm/v1/core/kv_cache_utils.py",
            "0.18.1: bytes for max_model_len tokens are compared with the cache; the message estimates the "
            "longest that fits",
        ),
        Evidence(
            "https://github.com/eugr/spark-vllm-docker/issues/396",
            "MiniMax M2.7 AWQ on two Sparks: 196,608 tokens refused at 0.80, 1.22 requests at 0.85",
        ),
        Evidence(
            "https://al-engr.com/minimax-m2.7-dual-spark.html",
            "131,072 tokens as the longest for M2.7 in MXFP4, whose 115 GB leave room for more",
            disagrees=True,
        ),
    ),
    check=check,
    bad="""
serving: {memory: {gpu_memory_utilization: 0.65}, max_model_len: 196608, kv_cache_dtype: auto}
""",
    good="""
serving: {memory: {gpu_memory_utilization: 0.82}, max_model_len: 131072, kv_cache_dtype: fp8}
""",
)
