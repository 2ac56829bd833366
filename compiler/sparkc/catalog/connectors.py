"""Look up which keys the KV connectors of an engine ask for in `kv_connector_extra_config`."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from sparkc.catalog.data import load, names
from sparkc.catalog.evidence import Evidence, evidence_from


@dataclass(frozen=True)
class LostKey:
    """A key that was read once.

    Args:
        gone: range of versions (PEP 440) that read it no more.
        instead: what became of it.
    """

    name: str
    gone: str
    instead: str
    evidence: Evidence


@dataclass(frozen=True)
class Connectors:
    """What was read in one engine's code.

    Args:
        versions: range of versions (PEP 440) in which this was found.
        keys: each connector with the keys that are read when it is the one in use.
        lost: keys that guides still print.
    """

    versions: str
    keys: dict[str, tuple[str, ...]]
    lost: tuple[LostKey, ...]


def find_connectors(engine: str) -> Connectors | None:
    """Return what is known of an engine's connectors, if anything is."""
    return _read(engine) if engine in names("connectors") else None


@cache
def _read(engine: str) -> Connectors:
    data = load("connectors", engine)
    common = tuple(data["always"]["keys"])
    return Connectors(
        versions=data["versions"],
        keys={entry["name"]: (*common, *entry["keys"]) for entry in data["connectors"]},
        lost=tuple(
            LostKey(entry["name"], entry["gone"], entry["instead"], evidence_from(entry["evidence"]))
            for entry in data["lost"]
        ),
    )
