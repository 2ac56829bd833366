"""Chunked prefill is off, and a step cannot take a whole prompt."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.rule import Complaint, Evidence, Rule


def _takes_prompts_whole(facts: Facts) -> bool:
    # SGLang has no bound on a step then, and another rule says so.
    return facts.serving.chunked_prefill is False and facts.engine.name != "sglang"


def _check(_: Plan, facts: Facts) -> Iterator[Complaint]:
    tokens, context = facts.serving.max_num_batched_tokens, facts.serving.max_model_len
    if tokens is not None and context is not None and tokens < context:
        yield Complaint(
            ("serving", "max_num_batched_tokens"),
            f"max_num_batched_tokens is {tokens:,}, max_model_len is {context:,}; wanted at least {context:,} tokens",
            also=((("serving", "chunked_prefill"), "a prompt must fit into one step since this is off"),),
        )


RULE = Rule(
    name="batched-tokens-below-context",
    severity=Severity.ERROR,
    failure=Failure.CRASH,
    summary="chunked prefill is off, and a step takes fewer tokens than the longest prompt",
    why="Without chunked prefill a prompt is processed in one step. vLLM refuses: `max_num_batched_tokens is "
    "smaller than max_model_len`.",
    help="remove serving.chunked_prefill: false, or raise serving.max_num_batched_tokens",
    evidence=(
        Evidence("vllm-project/vllm vllm/config/scheduler.py", "0.18.1: raises while the configuration is built"),
    ),
    bad="serving: {chunked_prefill: false, max_model_len: 16384}",
    good="serving: {chunked_prefill: true, max_model_len: 16384}",
    base="single",
    applies=_takes_prompts_whole,
    check=_check,
    allowable=False,
)
