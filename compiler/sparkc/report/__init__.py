"""Findings become text for a person, or a format for a machine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum

from sparkc.findings import Finding
from sparkc.report import as_json, github, sarif, text
from sparkc.report.rule_info import RuleInfo

__all__ = ["Format", "RuleInfo", "render"]


class Format(StrEnum):
    """What `--format` takes."""

    TEXT = "text"
    JSON = "json"
    SARIF = "sarif"
    GITHUB = "github"


def render(
    findings: Sequence[Finding],
    texts: Mapping[str, str],
    style: Format,
    *,
    colour: bool = False,
    show_allowed: bool = False,
    rules: Mapping[str, RuleInfo] | None = None,
) -> str:
    """Return a report on all findings in the order in which they are given.

    It ends with a newline; only the GitHub format can be empty, when there is nothing to annotate.

    Args:
        findings: allowed ones among them: the machine formats mark them, the text counts them.
        texts: the source text of each path that a span may name; a path that is not there is shown without its line.
        style: the format.
        colour: colour the text for a terminal.
        show_allowed: spell out the allowed findings in the text, each with its reason.
        rules: what is known about each rule, by name; used by SARIF. Rules that are not there go by their name alone.
    """
    match style:
        case Format.TEXT:
            return text.render(findings, texts, colour=colour, show_allowed=show_allowed)
        case Format.JSON:
            return as_json.render(findings)
        case Format.SARIF:
            return sarif.render(findings, rules or {})
        case Format.GITHUB:
            return github.render(findings)
