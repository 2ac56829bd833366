"""Findings as SARIF 2.1.0 (OASIS standard), which code scanning services read.

Standard: https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from urllib.parse import quote

from sparkc import __version__
from sparkc.findings import Finding, Severity, Span
from sparkc.report.rule_info import RuleInfo

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "note"}
_LOOKS_LIKE_A_LINK = re.compile(r"\[([^\[\]]*)\]\(")

Json = dict[str, object]


def render(findings: Sequence[Finding], rules: Mapping[str, RuleInfo]) -> str:
    """Return one log with one run; its rules are those that the findings name.

    Allowed findings are results with a suppression, so that a service shows them as dealt with.
    """
    names = sorted({finding.rule for finding in findings})
    run: Json = {
        "tool": {
            "driver": {
                "name": "sparkc",
                "version": __version__,
                "rules": [_rule(name, rules.get(name)) for name in names],
            }
        },
        "columnKind": "unicodeCodePoints",
        "results": [_result(finding, names.index(finding.rule)) for finding in findings],
    }
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _rule(name: str, info: RuleInfo | None) -> Json:
    rule: Json = {"id": name}
    if info:
        rule["shortDescription"] = {"text": _plain(info.summary)}
    if info and info.help_uri:
        rule["helpUri"] = info.help_uri
    return rule


def _result(finding: Finding, rule_index: int) -> Json:
    text = f"{finding.message}\nhelp: {finding.help}" if finding.help else finding.message
    result: Json = {
        "ruleId": finding.rule,
        "ruleIndex": rule_index,
        "level": _LEVELS[finding.severity],
        "message": {"text": _plain(text)},
        "properties": {"failure": finding.failure, "variant": finding.variant, "key": list(finding.key)},
    }
    if finding.span:
        result["locations"] = [_location(finding.span)]
    if finding.remarks:
        result["relatedLocations"] = [
            {"id": number, **_location(remark.span), "message": {"text": _plain(remark.message)}}
            for number, remark in enumerate(finding.remarks)
        ]
    if finding.allowed is not None:
        result["suppressions"] = [{"kind": "inSource", "justification": finding.allowed}]
    return result


def _location(span: Span) -> Json:
    return {
        "physicalLocation": {
            "artifactLocation": {"uri": _uri(span.path)},
            "region": {
                "startLine": span.line,
                "startColumn": span.column,
                "endLine": span.end_line,
                "endColumn": span.end_column,
            },
        }
    }


def _uri(path: str) -> str:
    """Return a path as a URI reference: relative ones stay relative to the folder that was checked."""
    quoted = quote(path, errors="surrogateescape")
    return f"file://{quoted}" if path.startswith("/") else quoted


def _plain(text: str) -> str:
    """Escape what SARIF would read as a placeholder (3.11.5) or a link (3.11.6)."""
    braces = text.replace("{", "{{").replace("}", "}}")
    return _LOOKS_LIKE_A_LINK.sub(r"\\[\1\\](", braces)
