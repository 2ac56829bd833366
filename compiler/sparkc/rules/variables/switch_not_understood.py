"""A yes that its reader takes for a no, or the other way round."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.catalog.entries import Spellings
from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.author_variables import variables
from sparkc.rules.rule import Complaint, Evidence, Rule

MEANINGS = {
    **dict.fromkeys(("1", "true", "yes", "on", "y", "t"), True),
    **dict.fromkeys(("0", "false", "no", "off", "n", "f"), False),
}
"""What a person means by a word."""


def _check(_: Plan, facts: Facts) -> Iterator[Complaint]:
    for word in variables(facts):
        known = facts.variable(word.name)
        if known is None or known.spellings is None or word.text is None:
            continue
        meant, read = MEANINGS.get(word.text.strip().lower()), known.spellings.says_yes(word.text)
        if meant is not None and read is not None and meant != read:
            wanted = _words(known.spellings, meant)
            yield Complaint(word.key, f"{known.owner} reads {word.name} {word.text} as {_named(read)}; wanted {wanted}")


def _named(read: bool) -> str:
    return "yes" if read else "no"


def _words(spellings: Spellings, meant: bool) -> str:
    listed = spellings.true if meant else spellings.false
    return " or ".join(f"`{word}`" for word in listed if word != "*") or "no such variable at all"


RULE = Rule(
    name="switch-not-understood",
    severity=Severity.WARNING,
    failure=Failure.SILENT,
    summary="the reader of a yes/no variable understands this word the other way round",
    why="Every program reads booleans in a way of its own: vLLM compares VLLM_MARLIN_USE_ATOMIC_ADD with `1` and "
    "nothing else, so that `true` is a no. Nothing in the log tells.",
    help="write the word that this reader knows",
    evidence=(
        Evidence(
            "vllm-project/vllm vllm/envs.py",
            '0.11.0 to 0.33.0: some variables are compared with "1", some with "true", some become int()',
        ),
    ),
    bad='env: {VLLM_MARLIN_USE_ATOMIC_ADD: "yes"}',
    good='env: {VLLM_MARLIN_USE_ATOMIC_ADD: "1"}',
    check=_check,
)
