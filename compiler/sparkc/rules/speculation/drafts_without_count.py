"""Drafts are asked for, and nobody says how many tokens."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.engine_config import place, structure
from sparkc.rules.rule import Complaint, Evidence, Rule

FLAG = "--speculative-config"
NEED_A_COUNT = ("ngram", "ngram_gpu", "eagle", "eagle3", "medusa", "draft_model")


def _check(plan: Plan, facts: Facts) -> Iterator[Complaint]:
    config = structure(plan, FLAG)
    if config.get("method") in NEED_A_COUNT and config.get("num_speculative_tokens") is None:
        yield Complaint(
            place(plan, facts, FLAG), f"{config['method']} drafts without a count, wanted num_speculative_tokens"
        )


RULE = Rule(
    name="drafts-without-count",
    severity=Severity.ERROR,
    failure=Failure.CRASH,
    summary="speculative decoding without a number of tokens",
    why="vLLM refuses while it builds its configuration: `num_speculative_tokens must be provided with "
    "speculative model`. Only a draft model with a depth of its own (MTP) brings the number along.",
    help="set serving.speculative.num_speculative_tokens",
    evidence=(
        Evidence(
            "vllm-project/vllm vllm/config/speculative.py",
            "0.18.1, 0.23.0 and 0.33.0: raises when neither the configuration nor the draft model has a number",
        ),
    ),
    bad="serving: {speculative: {method: ngram}}",
    good="serving: {speculative: {method: ngram, num_speculative_tokens: 5}}",
    base="single",
    check=_check,
    allowable=False,
)
