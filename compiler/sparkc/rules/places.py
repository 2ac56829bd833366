"""Hosts, told apart by where the author said what holds on them."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import KeyPath
from sparkc.resolve.facts import Facts, HostFacts


def one_per_place(facts: Facts, *key: str) -> Iterator[tuple[KeyPath, HostFacts]]:
    """Yield each place where a key is said, with the first host that it holds on: what all share is told once."""
    first: dict[KeyPath, HostFacts] = {}
    for host in facts.hosts:
        first.setdefault(facts.place(host, *key), host)
    yield from first.items()
