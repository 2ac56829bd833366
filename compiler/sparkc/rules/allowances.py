"""What the author accepts: lay `allow` over findings, and report allowances that do nothing."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from sparkc.findings import Finding, KeyPath, Severity, Span
from sparkc.resolve.facts import Facts
from sparkc.rules.rule import Rule
from sparkc.source.spelling import nearest


def allow(findings: Iterable[Finding], facts: Facts, rules: Mapping[str, Rule], today: datetime.date) -> list[Finding]:
    """Return the findings with the author's reason on those that he accepts."""
    reasons = {
        entry.rule: entry.reason
        for entry in facts.spec.allow or ()
        if (entry.until is None or entry.until >= today) and entry.rule in rules and rules[entry.rule].allowable
    }
    return [
        replace(finding, allowed=reasons[finding.rule]) if finding.rule in reasons else finding for finding in findings
    ]


def idle_allowances(
    compiled: Iterable[tuple[Facts, list[Finding]]], rules: Mapping[str, Rule], today: datetime.date
) -> list[Finding]:
    """Return findings for allowances that are unknown, refused, expired, or match nothing in any variant.

    Args:
        compiled: the base and every variant, each with its findings.
    """
    uses: dict[Span, bool] = {}
    entries: dict[Span, tuple[Facts, KeyPath]] = {}
    for facts, findings in compiled:
        for index, entry in enumerate(facts.spec.allow or ()):
            key: KeyPath = ("allow", index, "rule")
            span = facts.document.span(key)
            entries.setdefault(span, (facts, key))
            uses[span] = uses.get(span, False) or any(finding.rule == entry.rule for finding in findings)
    return [
        replace(finding, span=span, key=key)
        for span, (facts, key) in entries.items()
        for finding in _judged(facts, key, used=uses[span], rules=rules, today=today)
    ]


def first_expiry(facts: Facts) -> datetime.date | None:
    """Return the first day on which an allowance ends: the verdict may change after it."""
    return min((entry.until for entry in facts.spec.allow or () if entry.until is not None), default=None)


def _judged(
    facts: Facts, key: KeyPath, *, used: bool, rules: Mapping[str, Rule], today: datetime.date
) -> Iterator[Finding]:
    index = key[1]
    assert isinstance(index, int)
    entry = (facts.spec.allow or ())[index]
    rule = rules.get(entry.rule)
    if rule is None:
        guess = nearest(entry.rule, list(rules))
        yield Finding(
            "allowance-of-unknown-rule",
            Severity.ERROR,
            f"found an allowance for `{entry.rule}`, wanted the name of a rule",
            help=f"did you mean `{guess}`?" if guess else "`sparkc rules` lists them",
        )
    elif not rule.allowable:
        yield Finding(
            "allowance-refused",
            Severity.ERROR,
            f"`{entry.rule}` cannot be allowed: the engine itself would refuse the launch",
            help=rule.help,
        )
    elif entry.until is not None and entry.until < today:
        yield Finding(
            "allowance-expired",
            Severity.ERROR,
            f"the allowance for `{entry.rule}` ended on {entry.until.isoformat()}",
            help="repair what it allowed, or give it a later day and say why",
        )
    elif not used:
        yield Finding(
            "allowance-unused",
            Severity.WARNING,
            f"nothing in this spec is found by `{entry.rule}`, so there is nothing to allow",
            help="remove the entry",
        )
