"""A step that takes fewer tokens than there are sequences."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.rule import Complaint, Evidence, Rule


def _check(_: Plan, facts: Facts) -> Iterator[Complaint]:
    tokens, sequences = facts.serving.max_num_batched_tokens, facts.serving.max_num_seqs
    if tokens is not None and sequences is not None and tokens < sequences:
        yield Complaint(
            ("serving", "max_num_batched_tokens"),
            f"max_num_batched_tokens is {tokens}, max_num_seqs is {sequences}; wanted at least {sequences} tokens",
            also=((("serving", "max_num_seqs"), "each running sequence takes one token per step"),),
        )


RULE = Rule(
    name="batched-tokens-below-sequences",
    severity=Severity.ERROR,
    failure=Failure.CRASH,
    summary="max_num_batched_tokens is smaller than max_num_seqs",
    why="Every running sequence needs at least one token in a step. vLLM refuses: `max_num_batched_tokens must "
    "be greater than or equal to max_num_seqs`.",
    help="raise serving.max_num_batched_tokens, or lower serving.max_num_seqs",
    evidence=(
        Evidence("vllm-project/vllm vllm/config/scheduler.py", "0.18.1: raises while the configuration is built"),
    ),
    bad="serving: {max_num_batched_tokens: 2, max_num_seqs: 4}",
    good="serving: {max_num_batched_tokens: 4, max_num_seqs: 4}",
    base="single",
    # In SGLang the tokens of running sequences are no part of a prefill chunk.
    applies=lambda facts: facts.engine.name != "sglang",
    check=_check,
    allowable=False,
)
