"""Look up combinations that are known to fail: model family, quant, engine, executor, parallelism, NCCL, hardware."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from sparkc.catalog.conditions import conditions_from, holds
from sparkc.catalog.data import load, names
from sparkc.catalog.evidence import Evidence, evidence_from
from sparkc.catalog.situation import Conditions, Situation


@dataclass(frozen=True)
class KnownBad:
    """One combination that failed for someone who published it.

    Args:
        id: kebab-case, names the trouble.
        failure: CRASH, OOM, HANG, SILENT, SLOW or UNSAFE.
        certain: nobody has a working launch of it, or the engine's source rules it out; else one report stands alone.
        reason: what happens, with the number.
        way_out: an instruction.
        evidence: the first is the one to link.
        against: sources that disagree.
    """

    id: str
    conditions: Conditions
    failure: str
    certain: bool
    reason: str
    way_out: str
    evidence: tuple[Evidence, ...]
    against: tuple[Evidence, ...]


def known_bad_for(launch: Situation) -> tuple[KnownBad, ...]:
    """Return every known-bad combination that the launch falls under, sorted by id."""
    return tuple(entry for entry in all_known_bad() if matches(entry, launch))


def matches(entry: KnownBad, launch: Situation) -> bool:
    """Tell whether a launch is the known-bad combination."""
    return holds(entry.conditions, launch)


@cache
def all_known_bad() -> tuple[KnownBad, ...]:
    """Return the whole table, sorted by id."""
    return tuple(_read(name) for name in names("known_bad"))


def _read(name: str) -> KnownBad:
    data = load("known_bad", name)
    return KnownBad(
        id=data["id"],
        conditions=conditions_from(data["when"]),
        failure=data["failure"],
        certain=data["certain"],
        reason=data["reason"],
        way_out=data["way_out"],
        evidence=tuple(evidence_from(entry) for entry in data["evidence"]),
        against=tuple(evidence_from(entry) for entry in data["against"]),
    )
