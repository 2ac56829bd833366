"""Plan the memory of a launch: for every node its terms, its cache and the six checks. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

from sparkc.plan import Capacity, MemoryCheck, MemoryTerm, NodeMemory
from sparkc.resolve.memory.amount import Band, number
from sparkc.resolve.memory.fraction import SOURCE_SGLANG, SOURCE_VLLM
from sparkc.resolve.memory.host import SOURCE_OBJECT_STORE, SOURCE_OUTSIDE
from sparkc.resolve.memory.kv_cache import round_pin
from sparkc.resolve.memory.pool import Pool, pool_of
from sparkc.resolve.memory.predicates import PREDICATES, START_MARGIN
from sparkc.resolve.memory.request import MemoryRequest, NodeRequest, nonsense_in
from sparkc.resolve.memory.ways_out import ways_out
from sparkc.resolve.memory.weights import SOURCE as SOURCE_WEIGHTS

_LENGTHS = 6
"""Lengths below the wanted context for which requests are counted."""


def plan_memory(request: MemoryRequest) -> tuple[NodeMemory, ...]:
    """Return the memory of every node, in the order of the request.

    Never raises: numbers that make no sense, and facts that are missing, end in checks that are "unknown" and say why.
    Tokens and concurrency are those of the whole launch: the rank with the smallest cache decides for all.
    """
    nonsense = nonsense_in(request)
    if nonsense is not None:
        return tuple(_unplannable(node, nonsense) for node in request.nodes)
    pools = tuple(pool_of(request, node) for node in request.nodes)
    smallest = _smallest_cache(pools)
    # Nodes that differ by name only, which is the rule, are worked out once.
    answers = {replace(pool.node, name=""): pool for pool in pools}
    worked_out = {node: _node_memory(pool, smallest) for node, pool in answers.items()}
    return tuple(worked_out[replace(pool.node, name="")] for pool in pools)


def _unplannable(node: NodeRequest, why: str) -> NodeMemory:
    checks = tuple(
        MemoryCheck(predicate.name, "unknown", None, None, f"unknown, because {why}") for predicate in PREDICATES
    )
    return NodeMemory(node.total, node.unified, None, (), checks, None, None, None, None, None, None)


def _smallest_cache(pools: tuple[Pool, ...]) -> Band | None:
    """Return the cache that decides; an unknown one on any node makes the whole unknown."""
    caches = [pool.kv for pool in pools if pool.kv is not None]
    if len(caches) < len(pools) or not caches:
        return None
    return min(caches, key=lambda cache: cache.point)


def _node_memory(pool: Pool, smallest: Band | None) -> NodeMemory:
    low, point, high = _tokens(pool, smallest)
    return NodeMemory(
        total=pool.node.total,
        unified=pool.node.unified,
        budget=pool.budget,
        terms=tuple(_terms(pool)),
        checks=tuple(_checks(pool)),
        kv_bytes_per_token=pool.layout.token_bytes if pool.layout else None,
        kv_tokens=point,
        kv_tokens_low=low,
        kv_tokens_high=high,
        concurrency=_concurrency(pool, smallest),
        needed_free=_needed_free(pool),
        kv_pin=_pin(pool, smallest),
        capacities=tuple(_capacities(pool, smallest)),
    )


def _capacities(pool: Pool, cache: Band | None) -> Iterator[Capacity]:
    """Yield how many requests fit, for lengths that double up to the wanted one."""
    context, layout = pool.request.context, pool.layout
    if context is None or layout is None or cache is None:
        return
    lengths = [length for exponent in range(12, 41) if (length := 2**exponent) < context]
    for length in (*lengths[-_LENGTHS:], context):
        low, point, high = (
            float(layout.concurrency(amount, length)) for amount in (cache.low, cache.point, cache.high)
        )
        yield Capacity(length, layout.need(length).point, round(point, 2), round(low, 2), round(high, 2))


def _pin(pool: Pool, cache: Band | None) -> int | None:
    """Return the pin that repeats this launch: the author's own, else the low end of the smallest cache."""
    if pool.request.is_sglang or cache is None:
        return None
    if pool.request.kv_cache_memory_bytes is not None:
        return pool.request.kv_cache_memory_bytes
    return round_pin(cache.low) or None


def _checks(pool: Pool) -> Iterator[MemoryCheck]:
    for predicate in PREDICATES:
        check = predicate.judge(pool)
        yield replace(check, ways_out=ways_out(check, pool))


def _tokens(pool: Pool, cache: Band | None) -> tuple[int, int, int] | tuple[None, None, None]:
    context = pool.request.context
    if cache is None or pool.layout is None or context is None:
        return None, None, None
    layout = pool.layout
    return (
        layout.tokens_in(cache.low, context),
        layout.tokens_in(cache.point, context),
        layout.tokens_in(cache.high, context),
    )


def _concurrency(pool: Pool, cache: Band | None) -> float | None:
    context = pool.request.context
    if cache is None or pool.layout is None or context is None:
        return None
    return float(pool.layout.concurrency(cache.point, context))


def _terms(pool: Pool) -> Iterator[MemoryTerm]:
    """Yield what fills the node: first what shares the budget, then the rest, at last what stays free."""
    unified = pool.node.unified
    if pool.weights is not None:
        yield _term("weights", pool.weights.bytes, pool.weights.formula, SOURCE_WEIGHTS, inside=True)
    yield _term(pool.overhead_name, pool.overhead.bytes, pool.overhead.formula, pool.overhead.source, inside=True)
    yield _term(
        "CUDA graphs", pool.graphs.bytes, pool.graphs.formula, pool.graphs.source, inside=pool.graphs.inside_budget
    )
    if pool.kv is not None:
        source = SOURCE_SGLANG if pool.request.is_sglang else SOURCE_VLLM
        yield _term("KV cache", _not_negative(pool.kv), pool.kv_formula, source, inside=True)
    if unified:
        yield _term("host and driver", pool.outside, f"{number(pool.outside.point)} GiB", SOURCE_OUTSIDE, inside=False)
    if pool.object_store:
        store = Band(0, pool.object_store, pool.object_store)
        yield _term("Ray object store", store, f"{number(store.point)} GiB at most", SOURCE_OBJECT_STORE, inside=False)
    if pool.node.reserved:
        reserved = Band.exactly(pool.node.reserved)
        yield _term("reserved", reserved, f"{number(reserved.point)} GiB", "stated in the spec", inside=False)
    if pool.budget is not None:
        yield _free(pool, pool.budget)


def _free(pool: Pool, budget: int) -> MemoryTerm:
    taken = Band.exactly(budget + pool.node.reserved) + pool.graphs_on_top
    if pool.node.unified:
        taken += Band(pool.outside.low, pool.outside.point + pool.object_store, pool.outside.high + pool.object_store)
    free = _not_negative(Band.exactly(pool.node.total) - taken)
    formula = f"{number(pool.node.total)} − {number(taken.point)} GiB"
    return _term("free", free, formula, "what the other terms leave", inside=False)


def _not_negative(band: Band) -> Band:
    return Band(max(0, band.low), max(0, band.point), max(0, band.high))


def _term(name: str, band: Band, formula: str, source: str, *, inside: bool) -> MemoryTerm:
    return MemoryTerm(name, band.point, band.low, band.high, formula, source, inside)


def _needed_free(pool: Pool) -> int | None:
    """Return the MemAvailable that a node must show before the launch, in bytes.

    vLLM: what it asks for, or with a pin what it will really take if that is more. SGLang: so much that its fraction
    holds the weights and one request. Each plus 2 GiB: a node that passed at 91.3 GiB showed 90.38 to the engine.
    None where accelerators have memory of their own: MemAvailable, which is the host's, tells nothing about it.
    """
    if not pool.node.unified:
        return None
    if pool.request.is_sglang:
        if pool.weights is None or pool.fraction is None:
            return None
        wanted = pool.weights.bytes.point + (pool.need.point if pool.need else 0)
        return math.ceil(wanted / Fraction(pool.fraction)) + START_MARGIN
    amounts = [amount for amount in (pool.asked, pool.budget) if amount is not None]
    return max(amounts) + START_MARGIN if amounts else None
