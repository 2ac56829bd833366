"""A value of the spec that the engine has no word for."""

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
        if not unsaid.by_itself:
            key = ".".join(map(str, unsaid.key))
            yield Complaint(
                unsaid.key,
                f"found {key}, and {words.title} {facts.engine.version} has no word for it: {unsaid.why}",
                help=unsaid.help,
            )


RULE = Rule(
    name="key-without-a-word",
    severity=Severity.ERROR,
    failure=Failure.SILENT,
    summary="the engine cannot be told what the spec asks for",
    why="The words of the language are translated into the flags of the pinned engine. Where there is no flag, the "
    "launch would start without what was asked for, and nothing in its log would say so.",
    help="remove it, or say what this engine can do",
    evidence=(
        Evidence(
            "sgl-project/sglang python/sglang/srt/server_args.py",
            "0.5.5 to 0.5.23: the flags that there are; none for ranks on Ray, and before 0.5.23 none for full graphs",
        ),
    ),
    bad="serving: {cuda_graphs: full}",
    good="serving: {cuda_graphs: off}",
    base="sglang",
    check=_check,
)
