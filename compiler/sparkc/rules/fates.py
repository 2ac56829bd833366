"""What became of a name that the pinned engine version does not know."""

from __future__ import annotations

from dataclasses import dataclass

from sparkc.catalog.engine import EngineCatalog
from sparkc.catalog.history import arrival_of, removal_of


@dataclass(frozen=True)
class Fate:
    """A name of other versions.

    Args:
        sentence: since when, or until when, the engine knew it.
        way_out: what to write instead; None when nothing took its place.
    """

    sentence: str
    way_out: str | None


def fate_of(name: str, catalog: EngineCatalog) -> Fate | None:
    """Return what became of a flag (`--task`) or variable; None when no version that is known has it."""
    lost = removal_of(name, catalog)
    engine = catalog.engine
    if lost is not None:
        sentence = f"{engine} {catalog.version} has it no more, {lost.last} was the last to be read with it"
        return Fate(sentence, f"use {' and '.join(lost.instead)}" if lost.instead else None)
    coming = arrival_of(name, catalog)
    if coming is None:
        return None
    return Fate(f"{engine} {catalog.version} does not have it yet, {coming} does", f"take {engine} {coming}")
