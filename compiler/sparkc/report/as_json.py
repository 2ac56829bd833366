"""Findings as one JSON document, for scripts."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict

from sparkc.findings import Finding, Span
from sparkc.report.tally import Tally

VERSION = 1
"""Changes when a key goes away or changes its meaning; new keys may come at any time."""


def render(findings: Sequence[Finding]) -> str:
    """Return the document: `version`, `summary` (counts), `findings`; every key of a finding is always there.

    Characters beyond ASCII are escaped, so that a terminal, a log or a locale cannot spoil it.
    """
    document = {
        "version": VERSION,
        "summary": asdict(Tally.of(findings)),
        "findings": [_finding(finding) for finding in findings],
    }
    return json.dumps(document, indent=2) + "\n"


def _finding(finding: Finding) -> dict[str, object]:
    return {
        "rule": finding.rule,
        "severity": finding.severity,
        "failure": finding.failure,
        "message": finding.message,
        "help": finding.help,
        "key": list(finding.key),
        "variant": finding.variant,
        "allowed": finding.allowed,
        "place": _place(finding.span) if finding.span else None,
        "remarks": [{"message": remark.message, "place": _place(remark.span)} for remark in finding.remarks],
    }


def _place(span: Span) -> dict[str, object]:
    return asdict(span)
