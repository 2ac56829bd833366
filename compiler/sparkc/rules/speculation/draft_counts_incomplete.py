"""Some of the three counts of drafts, and not all."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.engines.sglang import DRAFT_MODELS, DRAFT_TOKENS, STEPS, TOP_K
from sparkc.resolve.facts import Facts
from sparkc.rules.command_line import engine_flags
from sparkc.rules.rule import Complaint, Evidence, Rule

COUNTS = (STEPS, TOP_K, DRAFT_TOKENS)


def _check(plan: Plan, facts: Facts) -> Iterator[Complaint]:
    speculative = facts.serving.speculative
    if speculative is None or (speculative.method or "").upper() not in DRAFT_MODELS:
        return
    flags = engine_flags(plan)
    given = [flag for flag in COUNTS if flag in flags]
    if 0 < len(given) < len(COUNTS):
        lacking = ", ".join(flag for flag in COUNTS if flag not in flags)
        yield Complaint(
            ("serving", "speculative"),
            f"found {', '.join(given)} without {lacking}; wanted all three, or none and SGLang's own choice",
        )


RULE = Rule(
    name="draft-counts-incomplete",
    severity=Severity.ERROR,
    failure=Failure.CRASH,
    summary="the counts of drafts are not complete",
    why="SGLang chooses steps, candidates and draft tokens together when none is given, and computes with all "
    "three otherwise. One that is missing is None: a TypeError at the start, or `AssertionError` without a "
    "word.",
    help="set serving.speculative.num_speculative_tokens, from which sparkc derives all three",
    evidence=(
        Evidence(
            "sgl-project/sglang python/sglang/srt/server_args.py",
            "0.5.12: _handle_speculative_decoding asserts that the others are None, and compares them with numbers",
        ),
        Evidence(
            "https://github.com/vroomfondel/dgxarley",
            "Qwen3.6-27B-FP8: NEXTN on 0.5.12 ends with a TypeError, speculative_num_draft_tokens is None",
        ),
    ),
    bad="serving: {speculative: {method: NEXTN, options: {num_steps: 3}}}",
    good="serving: {speculative: {method: NEXTN, num_speculative_tokens: 3}}",
    base="sglang",
    applies=lambda facts: facts.engine.name == "sglang",
    check=_check,
    allowable=False,
)
