"""Lay the memory of two plans side by side, line by line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sparkc.plan import MemoryCheck, NodeMemory, Plan
from sparkc.resolve.memory.amount import number


@dataclass(frozen=True)
class Line:
    """One quantity in both plans; an empty cell where a plan does not have it."""

    name: str
    now: str
    then: str

    @property
    def differs(self) -> bool:
        """Tell whether the two plans differ in it."""
        return self.now != self.then


def compared(now: Plan, then: Plan) -> Iterator[tuple[str, tuple[Line, ...]]]:
    """Yield each node that both plans have, with its lines; nodes that are like the one before are left out."""
    memories = {node.name: node.memory for node in then.nodes}
    seen: list[tuple[NodeMemory, NodeMemory]] = []
    for node in now.nodes:
        other = memories.get(node.name)
        if other is not None and (node.memory, other) not in seen:
            seen.append((node.memory, other))
            yield node.name, _lines(node.memory, other)


def _lines(now: NodeMemory, then: NodeMemory) -> tuple[Line, ...]:
    left, right = dict(_cells(now)), dict(_cells(then))
    return tuple(Line(name, left.get(name, ""), right.get(name, "")) for name in {**left, **right})


def _cells(memory: NodeMemory) -> Iterator[tuple[str, str]]:
    if memory.budget is not None:
        yield "budget", f"{number(memory.budget)} GiB"
    for term in memory.terms:
        yield term.name, f"{number(term.bytes)} GiB"
    if memory.kv_tokens is not None:
        yield "tokens in the cache", f"{memory.kv_tokens:,}"
    for capacity in memory.capacities:
        yield f"requests of {capacity.context:,}", f"{capacity.requests:,.1f}"
    if memory.kv_pin is not None:
        yield "pin", f"{number(memory.kv_pin)} GiB"
    if memory.needed_free is not None:
        yield "free before a start", f"{number(memory.needed_free)} GiB"
    for check in memory.checks:
        yield check.name, _verdict(check)


def _verdict(check: MemoryCheck) -> str:
    if check.found is None or check.wanted is None:
        return check.verdict
    return f"{check.verdict}, {number(check.found)} of {number(check.wanted)} GiB"
