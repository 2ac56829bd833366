"""A wish that needs no flag, since the engine does so by itself."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.engines import words_of
from sparkc.resolve.facts import Facts
from sparkc.rules.rule import Complaint, Evidence, Rule


def _check(_: Plan, facts: Facts) -> Iterator[Complaint]:
    words = words_of(facts)
    for unsaid in words.unsaid(facts):
        if unsaid.by_itself:
            key = ".".join(map(str, unsaid.key))
            yield Complaint(
                unsaid.key, f"found {key}, for which {words.title} has no flag and wants none: {unsaid.why}"
            )


RULE = Rule(
    name="done-without-a-word",
    severity=Severity.NOTE,
    failure=Failure.SILENT,
    summary="the engine does so without being told",
    why="Nothing on the command line says it, so a reader of the artifacts will not find it; an engine version "
    "with another default would change it.",
    help="leave it as a reminder, or remove it",
    evidence=(
        Evidence(
            "sgl-project/sglang python/sglang/srt/server_args.py",
            "0.5.5 to 0.5.23: only the other side has a word, like --disable-radix-cache",
        ),
    ),
    bad="serving: {prefix_caching: true}",
    good="serving: {prefix_caching: false}",
    base="sglang",
    check=_check,
)
