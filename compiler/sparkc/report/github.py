"""Findings as GitHub workflow commands, which become annotations in a pull request.

Format: https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands. The escapes are those of
GitHub's own toolkit (actions/toolkit, packages/core/src/command.ts).
"""

from __future__ import annotations

from collections.abc import Sequence

from sparkc.findings import Finding, Severity, Span
from sparkc.report.visible import spelled_out

_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}


def render(findings: Sequence[Finding]) -> str:
    """Return one command per line; allowed findings annotate nothing, so there may be none.

    The commands go through a log that people read, so control characters are spelled out here, too.
    """
    return "".join(f"{_command(finding)}\n" for finding in findings if finding.allowed is None)


def _command(finding: Finding) -> str:
    properties = _place(finding.span) if finding.span else {}
    properties["title"] = f"{finding.rule} ({finding.failure})" if finding.failure else finding.rule
    listed = ",".join(f"{key}={_escaped_property(spelled_out(value))}" for key, value in properties.items())
    return f"::{_COMMANDS[finding.severity]} {listed}::{_escaped(_message(finding))}"


def _message(finding: Finding) -> str:
    lines = [f"variant {finding.variant}: {finding.message}" if finding.variant else finding.message]
    lines += [f"{remark.span}: {remark.message}" for remark in finding.remarks]
    if finding.help:
        lines.append(f"help: {finding.help}")
    return "\n".join(spelled_out(line) for line in lines)


def _place(span: Span) -> dict[str, str]:
    place = {"file": span.path, "line": str(span.line), "endLine": str(span.end_line)}
    # GitHub takes columns only for a piece of one line (REST API, check runs, `annotations`).
    if span.line == span.end_line:
        place |= {"col": str(span.column), "endColumn": str(span.end_column)}
    return place


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _escaped_property(text: str) -> str:
    return _escaped(text).replace(":", "%3A").replace(",", "%2C")
