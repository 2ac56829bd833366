"""Where a fact comes from, and how it is known."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Known(StrEnum):
    """How a fact is known, strongest first."""

    MEASURED = "measured"
    READ_IN_SOURCE = "read in source"
    DOCUMENTED = "documented"
    REPORTED = "reported"


@dataclass(frozen=True)
class Evidence:
    """The public origin of a fact.

    Args:
        link: URL of the page, repository or thread.
        where: section, file or comment inside it; empty when the link says it all.
    """

    known: Known
    link: str
    where: str = ""


def evidence_from(data: dict[str, Any]) -> Evidence:  # Any: plain data from YAML
    """Return the evidence written beside a fact."""
    return Evidence(known=Known(data["known"]), link=data["link"], where=data.get("where", ""))
