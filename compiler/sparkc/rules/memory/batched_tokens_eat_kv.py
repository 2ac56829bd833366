"""A large step takes memory away from the KV cache."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.rule import Complaint, Evidence, Rule

PUBLISHED = 8192
"""The largest that published launches on this machine use."""


def check(plan: Plan, facts: Facts) -> Iterator[Complaint]:
    """Report steps above 8,192 tokens."""
    tokens = facts.serving.max_num_batched_tokens
    if tokens is not None and tokens > PUBLISHED:
        yield Complaint(
            ("serving", "max_num_batched_tokens"),
            f"found {tokens:,} batched tokens, wanted {PUBLISHED:,} or fewer: activations grow by about 0.3 GiB for "
            f"every 2,048 tokens, {(tokens - PUBLISHED) / 2048 * 0.3:.1f} GiB more per node, which the KV cache lacks",
        )


RULE = Rule(
    name="batched-tokens-eat-kv",
    severity=Severity.NOTE,
    failure=Failure.SLOW,
    summary="a large step takes memory from the KV cache, often without any speed",
    why="The engine reserves activations for one step of max_num_batched_tokens before it sizes the KV cache. On "
    "unified memory that is tens of requests less, and decoding is bound by memory bandwidth anyway.",
    help="set serving.max_num_batched_tokens to 8192 or 2048, and measure whether prefill becomes slower",
    evidence=(
        Evidence(
            "NNNtrance/GLM-5.3-Flash-NVFP4-TP3-3x-DGX-Spark docs/03-launch-and-flags.md",
            "8,192 cost 28 % of the KV pool for no speed on that stack; 2,048 is used",
        ),
        Evidence(
            "https://al-engr.com/minimax-m2.7-dual-spark.html",
            "8,192 in a launch that ran for hours",
            disagrees=True,
        ),
    ),
    applies=lambda facts: facts.is_unified,
    check=check,
    bad="serving: {max_num_batched_tokens: 16384}",
    good="serving: {max_num_batched_tokens: 8192}",
)
