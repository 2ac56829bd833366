"""What the planner's predicates say, gathered over the nodes."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import KeyPath
from sparkc.plan import MemoryCheck, Node, Plan
from sparkc.rules.rule import Complaint
from sparkc.spec.sizes import in_gib

FREE, LOAD, CACHE = "free-at-start", "load-peak", "kv-positive"
REQUEST, HOST, RAY = "kv-one-request", "host-headroom", "ray-threshold"

BLAMED: dict[str, KeyPath] = {
    FREE: ("serving", "memory"),
    LOAD: ("model",),
    CACHE: ("serving", "memory"),
    REQUEST: ("serving", "max_model_len"),
    HOST: ("serving", "memory"),
    RAY: ("env", "RAY_memory_usage_threshold"),
}
"""The key of the spec that must change when a predicate does not hold."""


def verdict_of(node: Node, predicate: str) -> str:
    """Return what a predicate says about a node."""
    return next(check.verdict for check in node.memory.checks if check.name == predicate)


def nodes_with(plan: Plan, predicate: str, verdict: str) -> Iterator[tuple[tuple[Node, ...], MemoryCheck]]:
    """Yield the nodes on which a predicate has this verdict; nodes with the very same numbers come together."""
    together: dict[MemoryCheck, tuple[Node, ...]] = {}
    for node in plan.nodes:
        for check in node.memory.checks:
            if check.name == predicate and check.verdict == verdict:
                together[check] = (*together.get(check, ()), node)
    for check, nodes in together.items():
        yield nodes, check


def refused(plan: Plan, predicate: str, *, unless: str | None = None) -> Iterator[Complaint]:
    """Yield a complaint for the nodes on which a predicate surely does not hold.

    Args:
        unless: a predicate whose own refusal on the same node is the cause, and says it better.
    """
    for nodes, check in nodes_with(plan, predicate, "no"):
        own = tuple(node for node in nodes if unless is None or verdict_of(node, unless) != "no")
        if own:
            yield complaint(own, check)


def complaint(nodes: tuple[Node, ...], check: MemoryCheck) -> Complaint:
    """Return what a check found, with its arithmetic, and the ways out that the planner computed."""
    names = " and ".join(node.name for node in nodes)
    numbers = ""
    if check.found is not None and check.wanted is not None:
        # The cache only has to be there at all: the planner then wants a single byte.
        wanted = in_gib(check.wanted) if check.wanted > 1 else "more than nothing"
        numbers = f"found {in_gib(check.found)}, wanted {wanted}: "
    return Complaint(BLAMED[check.name], f"{names}: {numbers}{check.explanation}", "; or ".join(check.ways_out) or None)
