"""Lay out a node's memory as a ledger that adds up."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sparkc.plan import MemoryCheck, MemoryTerm, NodeMemory, Plan


@dataclass(frozen=True)
class Ledger:
    """The memory of nodes that are alike.

    Args:
        nodes: their names.
        inside: what shares the engine's budget, `beside`: the rest; each in the planner's order.
        over: bytes by which the terms exceed the pool; 0 when they fit.
    """

    nodes: tuple[str, ...]
    memory: NodeMemory
    inside: tuple[MemoryTerm, ...]
    beside: tuple[MemoryTerm, ...]
    over: int

    @property
    def sum_inside(self) -> int:
        """Return what the terms in the budget come to, in bytes."""
        return sum(term.bytes for term in self.inside)

    @property
    def sum_beside(self) -> int:
        """Return what the other terms come to, in bytes."""
        return sum(term.bytes for term in self.beside)

    @property
    def sources(self) -> dict[str, str]:
        """Return where each term's numbers come from."""
        return {term.name: term.source for term in self.memory.terms}

    @property
    def ways_out(self) -> tuple[tuple[MemoryCheck, str], ...]:
        """Return what would help, for every check that does not pass."""
        return tuple((check, way) for check in self.memory.checks if check.verdict != "yes" for way in check.ways_out)


def ledgers(plan: Plan) -> Iterator[Ledger]:
    """Yield one ledger for all nodes whose memory is the same, in the order of the nodes."""
    alike: dict[NodeMemory, list[str]] = {}
    for node in plan.nodes:
        alike.setdefault(node.memory, []).append(node.name)
    for memory, names in alike.items():
        yield Ledger(
            nodes=tuple(names),
            memory=memory,
            inside=tuple(term for term in memory.terms if term.inside_budget),
            beside=tuple(term for term in memory.terms if not term.inside_budget),
            over=max(0, sum(term.bytes for term in memory.terms) - memory.total),
        )
