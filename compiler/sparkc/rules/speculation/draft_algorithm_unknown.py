"""A way of drafting that this version of SGLang does not bring."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.catalog.versions import is_within
from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.rule import Complaint, Evidence, Rule
from sparkc.source.spelling import nearest

ALWAYS = ("EAGLE", "EAGLE3", "NEXTN", "NGRAM", "STANDALONE")
SINCE = ((">=0.5.12", ("DFLASH", "FROZEN_KV_MTP")), (">=0.5.23", ("UNO", "DSPARK")))
OF_VLLM = {"MTP": "NEXTN", "DRAFT_MODEL": "STANDALONE"}


def _check(_: Plan, facts: Facts) -> Iterator[Complaint]:
    speculative = facts.serving.speculative
    method = (speculative.method or "").upper() if speculative else ""
    later = tuple(name for range_, names in SINCE if is_within(facts.engine.version, range_) for name in names)
    known = (*ALWAYS, *later)
    if method and method not in known:
        guess = OF_VLLM.get(method) or nearest(method, known)
        yield Complaint(
            ("serving", "speculative", "method"),
            f"{speculative.method if speculative else method} is none of {', '.join(known)}",
            help=f"did you mean `{guess}`?" if guess else None,
        )


def _takes_any_word(facts: Facts) -> bool:
    """Tell whether the parser takes any word; up to 0.5.10 its list is closed, and another rule reads it."""
    return facts.engine.name == "sglang" and is_within(facts.engine.version, ">=0.5.12")


RULE = Rule(
    name="draft-algorithm-unknown",
    severity=Severity.WARNING,
    failure=Failure.CRASH,
    summary="the engine brings no such way of drafting",
    why="From 0.5.12 on SGLang's parser takes any word, since plug-ins may bring algorithms, and ends later: "
    "`Unknown speculative algorithm name`.",
    help="take one of those that are listed, or allow it when a plug-in in the image brings it",
    evidence=(
        Evidence(
            "sgl-project/sglang python/sglang/srt/speculative/spec_info.py", "0.5.12 and 0.5.23: SpeculativeAlgorithm"
        ),
    ),
    bad="serving: {speculative: {method: mtp}}",
    good="serving: {speculative: {method: NEXTN}}",
    base="sglang",
    applies=_takes_any_word,
    check=_check,
)
