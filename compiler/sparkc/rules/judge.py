"""Run rules: gather what they propose, and turn their complaints into findings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sparkc.findings import Finding, KeyPath, Remark, Span
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.resolve.proposals import Settled, settle
from sparkc.rules.rule import Complaint, Rule


def propose(rules: Iterable[Rule], facts: Facts) -> Settled:
    """Return what the rules that apply would set where the author is silent."""
    return settle(
        (rule.name, rule.link, proposal)
        for rule in rules
        if rule.settle is not None and rule.applies(facts)
        for proposal in rule.settle(facts)
    )


def judge(rules: Iterable[Rule], plan: Plan, facts: Facts) -> list[Finding]:
    """Return what the rules that apply have to say about a finished plan."""
    return [
        _finding(rule, complaint, facts)
        for rule in rules
        if rule.check is not None and rule.applies(facts)
        for complaint in rule.check(plan, facts)
    ]


def _finding(rule: Rule, complaint: Complaint, facts: Facts) -> Finding:
    return Finding(
        rule=rule.name,
        severity=rule.severity,
        message=complaint.message,
        span=_span(facts, complaint.key),
        key=complaint.key,
        help=complaint.help or rule.help,
        failure=rule.failure,
        remarks=tuple(_remarks(complaint, facts)),
        variant=facts.variant,
        hides_source=rule.hides_source,
    )


def _remarks(complaint: Complaint, facts: Facts) -> Iterator[Remark]:
    for key, message in complaint.also:
        yield Remark(_span(facts, key), message)


def _span(facts: Facts, key: KeyPath) -> Span:
    """Return where a key stands in the author's text; what a rule proposed itself is blamed on the key around it."""
    return facts.document.span(key)
