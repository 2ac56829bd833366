"""The check of the context's length is switched off, and it would pass anyway."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.author_variables import variable_texts
from sparkc.rules.layout.context import is_lengthened, override
from sparkc.rules.rule import Complaint, Evidence, Rule


def _knows_the_limit(facts: Facts) -> bool:
    return facts.longest_context is not None and not is_lengthened(facts)


def _check(_: Plan, facts: Facts) -> Iterator[Complaint]:
    limit, asked = facts.longest_context, facts.serving.max_model_len
    assert limit is not None
    if asked is None or asked <= limit:
        for word in variable_texts(facts, override(facts)):
            found = "not set" if asked is None else f"{asked:,}"
            yield Complaint(
                word.key,
                f"max_model_len is {found}, the model admits {limit:,}: {override(facts)} has nothing to allow",
            )


RULE = Rule(
    name="context-override-without-effect",
    severity=Severity.NOTE,
    failure=Failure.SILENT,
    summary="VLLM_ALLOW_LONG_MAX_MODEL_LEN is set and not needed",
    why="The variable matters only above the model's own limit. It does nothing today, and it hides the error on "
    "the day someone raises max_model_len too far.",
    help="remove the variable",
    evidence=(
        Evidence(
            "vllm-project/vllm vllm/config/model.py",
            "0.18.1: asks for it only when max_model_len exceeds the model's limit",
        ),
        Evidence(
            "https://al-engr.com/minimax-m2.7-dual-spark.html",
            "sets it at 131,072 tokens, below the model's limit",
            disagrees=True,
        ),
    ),
    bad='env: {VLLM_ALLOW_LONG_MAX_MODEL_LEN: "1"}',
    good="env: {VLLM_ALLOW_LONG_MAX_MODEL_LEN: null}",
    applies=_knows_the_limit,
    check=_check,
)
