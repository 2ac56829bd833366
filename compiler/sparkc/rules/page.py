"""A rule's page: its whole story as Markdown, for the documentation and for `sparkc explain`."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import Failure, Severity
from sparkc.rules.rule import Evidence, Rule

WEIGHTS = {
    Severity.ERROR: "an error: nothing is written",
    Severity.WARNING: "a warning",
    Severity.NOTE: "a note",
}

OUTCOMES = {
    Failure.CRASH: "the launch ends, at its start or under load",
    Failure.OOM: "memory runs out",
    Failure.HANG: "the launch stands still and says nothing",
    Failure.SILENT: "something does not happen, and nothing tells",
    Failure.SLOW: "the launch works, and is slower than it could be",
    Failure.UNSAFE: "others get access, or run code",
}

BASES = {
    "pair": "two Sparks over Ray",
    "single": "one Spark",
    "atlas": "one Atlas 800I A2",
    "separated": "two Atlas 800 A3 with prefill and decode apart",
    "sglang": "one Spark with SGLang",
    "sglang-pair": "two Sparks with SGLang",
}


def page(rule: Rule) -> str:
    """Return the page, ending with one newline."""
    return "\n\n".join(_paragraphs(rule)) + "\n"


def _paragraphs(rule: Rule) -> Iterator[str]:
    yield f"# {rule.name}"
    yield f"{_sentence(rule.summary)} It is {WEIGHTS[rule.severity]} ({rule.failure}: {OUTCOMES[rule.failure]})."
    yield "## What happens"
    yield rule.why
    yield "## What sparkc does"
    yield _doing(rule)
    yield "## Example"
    example = f"compiler/sparkc/rules/examples/{rule.base}.yaml"
    yield f"Laid over a launch on {BASES[rule.base]} (`{example}`), this is found:"
    yield _yaml(rule.bad)
    yield "and this is not:"
    yield _yaml(rule.good)
    yield "## Way out"
    yield _sentence(rule.help)
    yield _allowing(rule)
    yield "## Evidence"
    yield _list(evidence for evidence in rule.evidence if not evidence.disagrees)
    against = [evidence for evidence in rule.evidence if evidence.disagrees]
    if against:
        yield "Sources that disagree:"
        yield _list(iter(against))


def _doing(rule: Rule) -> str:
    proposes = "Where the spec is silent, it decides, and `sparkc explain` shows the reason."
    looks = "It looks at the finished plan and reports what the author's own words lead to."
    return " ".join(text for text, does in ((proposes, rule.settle), (looks, rule.check)) if does)


def _allowing(rule: Rule) -> str:
    if not rule.allowable:
        return "It cannot be allowed: the program that is started would refuse the launch, or not see the setting."
    return "Where it is right for you, allow it and say why:\n\n" + _yaml(
        f"allow:\n  - {{rule: {rule.name}, reason: why it is right here, until: 2027-03-31}}"
    )


def _list(entries: Iterator[Evidence]) -> str:
    return "\n".join(f"- {_origin(entry.origin)}: {entry.says}" for entry in entries)


def _origin(origin: str) -> str:
    return f"<{origin}>" if origin.startswith("https://") else f"`{origin}`"


def _yaml(fragment: str) -> str:
    return f"```yaml\n{fragment.strip()}\n```"


def _sentence(text: str) -> str:
    return text[0].upper() + text[1:] + ("" if text.endswith((".", "`")) else ".")
