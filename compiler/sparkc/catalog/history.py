"""When names came and went, read off the catalogs of all versions that are known."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from sparkc.catalog.data import load, names
from sparkc.catalog.engine import EngineCatalog, available, find_engine
from sparkc.catalog.entries import Deprecation

REPLACEMENTS = "replacements"


@dataclass(frozen=True)
class Removal:
    """A name that earlier versions knew.

    Args:
        last: the newest version read that knows it.
        gone_by: the next version read, which does not.
        instead: flags or variables that take its place, by the engine's own word or by `replacements/`; may be empty.
    """

    name: str
    last: str
    gone_by: str
    instead: tuple[str, ...]


def knows(catalog: EngineCatalog, name: str) -> bool:
    """Tell whether a version takes a flag (`--task`) or declares a variable (`VLLM_USE_V1`)."""
    return catalog.flag(name) is not None if name.startswith("-") else name in catalog.variables()


def removal_of(name: str, catalog: EngineCatalog) -> Removal | None:
    """Return how a name was lost that this version lacks; None when no older version that was read had it."""
    if knows(catalog, name):
        return None
    versions = _versions(catalog.engine)
    older = versions[: _place(versions, catalog)]
    for index in range(len(older) - 1, -1, -1):
        if knows(older[index], name):
            gone_by = versions[index + 1] if index + 1 < len(versions) else catalog
            return Removal(name, older[index].version, gone_by.version, instead_of(name, catalog.engine))
    return None


def arrival_of(name: str, catalog: EngineCatalog) -> str | None:
    """Return the first version after this one that has the name; None when none does."""
    versions = _versions(catalog.engine)
    newer = versions[_place(versions, catalog) :]
    return next((version.version for version in newer if knows(version, name)), None)


def instead_of(name: str, engine: str) -> tuple[str, ...]:
    """Return what takes the place of a name: the last word of the engine on it, else what is kept by hand."""
    for catalog in reversed(_versions(engine)):
        said = deprecation_in(catalog, name)
        if said is not None and said.instead:
            return said.instead
    return _by_hand(engine).get(name, ())


def deprecation_in(catalog: EngineCatalog, name: str) -> Deprecation | None:
    """Return what one version says about a name being on its way out."""
    entry = catalog.flag(name) if name.startswith("-") else catalog.variable(name)
    return entry.deprecated if entry is not None else None


def _place(versions: tuple[EngineCatalog, ...], catalog: EngineCatalog) -> int:
    """Return how many of the versions come up to this one, itself included."""
    shipped = [version.version for version in versions]
    if catalog.version in shipped:
        return shipped.index(catalog.version) + 1
    nearest = find_engine(catalog.engine, catalog.version)
    return shipped.index(nearest.catalog.version) + 1 if nearest else 0


def _versions(engine: str) -> tuple[EngineCatalog, ...]:
    """Return the catalog of every version, oldest first. Reading them all takes a moment: ask only when it matters."""
    found = (find_engine(engine, version) for version in available(engine))
    return tuple(match.catalog for match in found if match is not None)


@cache
def _by_hand(engine: str) -> dict[str, tuple[str, ...]]:
    if engine not in names(REPLACEMENTS):
        return {}
    return {name: tuple(entry["instead"]) for name, entry in load(REPLACEMENTS, engine)["replaced"].items()}
