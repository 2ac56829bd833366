"""A Plan whose memory is known: the numbers are small, so that a reader can add them up."""

from __future__ import annotations

from dataclasses import replace

from plans import GIB, two_sparks
from sparkc.plan import MemoryCheck, MemoryTerm, NodeMemory, Plan


def term(name: str, gib: float, *, inside: bool, low: float | None = None, high: float | None = None) -> MemoryTerm:
    """Return a term of so many GiB."""
    return MemoryTerm(
        name,
        round(gib * GIB),
        round((gib if low is None else low) * GIB),
        round((gib if high is None else high) * GIB),
        f"{gib:.2f} GiB, counted",
        f"source of {name}",
        inside,
    )


FITS = NodeMemory(
    total=100 * GIB,
    unified=True,
    budget=80 * GIB,
    terms=(
        term("weights", 50, inside=True),
        term("KV cache", 30, inside=True, low=25, high=33.5),
        term("host", 12.5, inside=False),
        term("free", 7.5, inside=False),
    ),
    checks=(
        MemoryCheck("free-at-start", "yes", 95 * GIB, 80 * GIB, "80.00 of 95.00 GiB", ("not needed",)),
        MemoryCheck("host-headroom", "tight", 7 * GIB, 8 * GIB, "100.00 − 80.00 − 12.50", ("set 0.78",)),
        MemoryCheck("ray-threshold", "unknown", None, None, "unknown, because nobody measured it"),
    ),
    kv_bytes_per_token=65536,
    kv_tokens=491_520,
    kv_tokens_low=409_600,
    kv_tokens_high=548_864,
    concurrency=3.75,
    needed_free=82 * GIB,
)

TOO_MUCH = replace(FITS, terms=(*FITS.terms[:3], term("Ray object store", 32.5, inside=False)))


def with_memory(memory: NodeMemory, *more: NodeMemory) -> Plan:
    """Return the two-Spark launch with that memory on the first node, and on the second `more` or the same."""
    plan = two_sparks()
    memories = (memory, *(more or (memory,)))
    nodes = tuple(replace(node, memory=own) for node, own in zip(plan.nodes, memories, strict=True))
    return replace(plan, nodes=nodes)
