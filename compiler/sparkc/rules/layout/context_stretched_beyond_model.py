"""A variable lets a context pass that the model was not made for."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.layout.context import is_lengthened, override, override_is_on
from sparkc.rules.rule import Complaint, Evidence, Rule


def _lets_it_pass(facts: Facts) -> bool:
    return facts.longest_context is not None and not is_lengthened(facts) and override_is_on(facts)


def _check(_: Plan, facts: Facts) -> Iterator[Complaint]:
    asked, limit = facts.serving.max_model_len, facts.longest_context
    assert limit is not None
    if asked is not None and asked > limit:
        yield Complaint(
            ("serving", "max_model_len"),
            f"max_model_len is {asked:,} tokens, the model's config.json admits {limit:,}, and "
            f"{override(facts)} lets it pass",
            also=((facts.place(facts.head, "env", override(facts)), "the check is switched off here"),),
        )


RULE = Rule(
    name="context-stretched-beyond-model",
    severity=Severity.WARNING,
    failure=Failure.SILENT,
    summary="VLLM_ALLOW_LONG_MAX_MODEL_LEN lets a context pass that the model does not know",
    why="Beyond its trained positions a model answers nonsense, or NaN, and only long requests show it. vLLM "
    "says so itself where it offers the variable.",
    help="lower serving.max_model_len, or stretch the positions properly with args: {hf-overrides: …}",
    evidence=(
        Evidence(
            "vllm-project/vllm vllm/config/model.py",
            "0.18.1: warns that this may lead to incorrect output or CUDA errors when it lets a longer context pass",
        ),
    ),
    bad="""
env: {VLLM_ALLOW_LONG_MAX_MODEL_LEN: "1"}
serving: {max_model_len: 400000}
""",
    good="""
serving: {max_model_len: 262144}
""",
    base="single",
    applies=_lets_it_pass,
    check=_check,
)
