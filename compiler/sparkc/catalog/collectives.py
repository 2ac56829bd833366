"""Look up how the library that carries tensors between ranks is told about the network."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from sparkc.catalog.data import load, names
from sparkc.catalog.evidence import Evidence, evidence_from


@dataclass(frozen=True)
class Collectives:
    """The variables of one communication library.

    Args:
        title: as people call it (NCCL, HCCL).
        interface: variables that take the name of the socket interface.
        address: variables that take the node's own address.
        hcas: takes the RDMA devices; None where the library finds its own ports, as do the next two.
        no_rdma: is 1 where RDMA must not be looked for.
        gid_index: takes the RoCE GID index.
    """

    id: str
    title: str
    interface: tuple[str, ...]
    address: tuple[str, ...]
    hcas: str | None
    no_rdma: str | None
    gid_index: str | None
    evidence: Evidence


def collectives_names() -> tuple[str, ...]:
    """Return the ids of all libraries, sorted."""
    return names("collectives")


@cache
def find_collectives(name: str) -> Collectives:
    """Return a library by its id; `Hardware.collectives` names one that exists."""
    data = load("collectives", name)
    return Collectives(
        id=data["id"],
        title=data["title"],
        interface=tuple(data["interface"]),
        address=tuple(data["address"]),
        hcas=data["hcas"],
        no_rdma=data["no_rdma"],
        gid_index=data["gid_index"],
        evidence=evidence_from(data["evidence"]),
    )
