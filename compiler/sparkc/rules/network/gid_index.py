"""Where a spec says which GID index NCCL takes."""

from __future__ import annotations

from sparkc.findings import KeyPath
from sparkc.resolve.facts import Facts, HostFacts
from sparkc.rules.author_variables import text_on

VARIABLE = "NCCL_IB_GID_INDEX"
AUTOMATIC = "-1"


def gid_index(facts: Facts, host: HostFacts) -> tuple[KeyPath, str] | None:
    """Return the index that a host is given and where that stands; None where NCCL chooses."""
    stated = text_on(host, VARIABLE)
    if stated is not None:
        return None if stated == AUTOMATIC else (facts.place(host, "env", VARIABLE), stated)
    index = host.interconnect.gid_index
    return None if index is None else (facts.place(host, "interconnect", "gid_index"), str(index))


def common_gid_index(facts: Facts) -> tuple[KeyPath, str] | None:
    """Return the index that one place gives to all hosts, with the place; None when there is none."""
    found = {gid_index(facts, host) for host in facts.hosts}
    return found.pop() if len(found) == 1 else None
