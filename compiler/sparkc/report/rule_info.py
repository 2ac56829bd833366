"""What a report may say about a rule, beside its name."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class RuleInfo:
    """One rule, as a reader of a report sees it.

    Args:
        name: kebab-case, as findings carry it.
        summary: one line.
        help_uri: public page with the evidence; None when the evidence has no address.
    """

    name: str
    summary: str
    help_uri: str | None = None
