"""Say in one line who decided a setting, where, and why."""

from __future__ import annotations

from sparkc.plan import Because, Origin
from sparkc_targets.quoting import Quoted, comment


def because(why: Because) -> Quoted:
    """Return the comment beside a generated line: `spec serving.port: clients know it`."""
    decided_by = why.where if why.kind is Origin.SPEC else why.layer
    return comment(f"{why.kind} {decided_by}: {why.reason}")
