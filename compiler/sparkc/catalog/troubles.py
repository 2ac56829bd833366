"""Look up error messages that people met: what they mean, and what to do."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from sparkc.catalog.conditions import conditions_from, holds
from sparkc.catalog.data import load, names
from sparkc.catalog.evidence import Evidence, evidence_from
from sparkc.catalog.situation import Conditions, Situation


@dataclass(frozen=True)
class KnownTrouble:
    """A symptom, what it means and the way out.

    Args:
        symptom: as it stands in the log or on the screen, shortened with "…".
        pattern: POSIX extended regular expression that finds it in a log; None when no line of a log shows it.
        harmless: looks bad and is not; status and verify must not call it a fault.
    """

    id: str
    symptom: str
    pattern: str | None
    meaning: str
    do: str
    harmless: bool
    conditions: Conditions
    evidence: Evidence


def troubles_for(launch: Situation) -> tuple[KnownTrouble, ...]:
    """Return the troubles that this launch can meet, in the order of the files: start, memory, network, running."""
    return tuple(trouble for trouble in all_troubles() if holds(trouble.conditions, launch))


@cache
def all_troubles() -> tuple[KnownTrouble, ...]:
    """Return every trouble, file by file in alphabetical order and inside a file as written."""
    return tuple(
        KnownTrouble(
            id=entry["id"],
            symptom=entry["symptom"],
            pattern=entry["pattern"],
            meaning=entry["meaning"],
            do=entry["do"],
            harmless=entry.get("harmless", False),
            conditions=conditions_from(entry["when"]),
            evidence=evidence_from(entry["evidence"]),
        )
        for name in names("troubles")
        for entry in load("troubles", name)["troubles"]
    )
