"""Look up what a kind of link between nodes is good for."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from sparkc.catalog.data import load, names
from sparkc.catalog.evidence import Evidence, evidence_from


@dataclass(frozen=True)
class Interconnect:
    """A kind of link.

    Args:
        id: what a spec calls it (`roce`, `tcp`).
        rdma: data goes through RDMA devices, which a container must be given.
        facts: what is known of its speed, each with its origin.
    """

    id: str
    title: str
    rdma: bool
    facts: tuple[tuple[str, Evidence], ...]


def find_interconnect(kind: str) -> Interconnect | None:
    """Return a kind of link, or None when the catalog does not know it."""
    return _read(kind) if kind in names("interconnects") else None


@cache
def _read(kind: str) -> Interconnect:
    data = load("interconnects", kind)
    facts = tuple((entry["what"], evidence_from(entry["evidence"])) for entry in data["facts"])
    return Interconnect(id=data["id"], title=data["title"], rdma=data["rdma"], facts=facts)
