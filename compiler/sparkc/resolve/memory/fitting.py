"""Find the value that fits: a memory fraction, a context, the size of a pinned cache. Pure, like the planner."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from sparkc.plan import MemoryCheck
from sparkc.resolve.memory.amount import written
from sparkc.resolve.memory.fraction import default_fraction
from sparkc.resolve.memory.kv_cache import round_pin
from sparkc.resolve.memory.pool import Pool, pool_of
from sparkc.resolve.memory.predicates import PREDICATES, free_at_start, host_headroom, load_peak, ray_threshold
from sparkc.resolve.memory.request import MemoryRequest, nonsense_in

_HIGHEST, _LOWEST = 95, 10
_ROUND_CONTEXT = 4096

_WORSE_WITH_A_LARGER_SHARE: tuple[Callable[[Pool], MemoryCheck], ...] = (
    free_at_start,
    load_peak,
    host_headroom,
    ray_threshold,
)


@dataclass(frozen=True)
class Fitted:
    """A value that was found, and why this one: `value` is a fraction, tokens or bytes."""

    value: float
    reason: str


def fraction_that_fits(request: MemoryRequest, *, for_one_request: bool = True) -> Fitted | None:
    """Return the highest hundredth with which every check surely passes on every node; None when there is none.

    Args:
        for_one_request: whether the cache must hold the wanted context; False where the context is fitted afterwards.
    """
    if nonsense_in(request) is not None:
        return None
    objection = "nothing higher was tried"
    for step in range(_HIGHEST, _LOWEST - 1, -1):
        pools = _pools(replace(request, fraction=step / 100, kv_cache_memory_bytes=None))
        against = next((check for check in _objections(pools) if check.verdict != "yes"), None)
        if against is None:
            needed = [p for p in PREDICATES if for_one_request or p.name != "kv-one-request"]
            if any(predicate.judge(pool).verdict != "yes" for pool in pools for predicate in needed):
                return None
            return Fitted(
                step / 100, f"{step / 100:.2f} is the highest share with which every memory check passes; {objection}"
            )
        objection = _said(step, against)
    return None


def context_that_fits(request: MemoryRequest, at_most: int) -> Fitted | None:
    """Return the longest request for which the low end of the cache is enough; None when that is not known."""
    cache = _least_cache(request)
    if cache is None or cache <= 0 or at_most < 1:
        return None
    longest = min(pool.layout.longest_in(cache, at_most) for pool in _pools(request) if pool.layout is not None)
    tokens = longest if longest == at_most else longest - longest % _ROUND_CONTEXT or longest
    if tokens < 1:
        return None
    limit = "all that the model admits" if tokens == at_most else f"the model admits {at_most:,}"
    return Fitted(
        tokens, f"one request of {tokens:,} tokens fits into {written(cache)}, the low end of the cache; {limit}"
    )


def pin_that_fits(request: MemoryRequest) -> Fitted | None:
    """Return a size for the KV cache that every boot can give: the low end of what the fraction leaves.

    Without a fraction the one that fits is taken, else the engine's own.
    """
    fraction = request.fraction
    if fraction is None:
        own = fraction_that_fits(request)
        fraction = own.value if own else default_fraction(request.engine, request.engine_version)
    cache = _least_cache(replace(request, fraction=fraction, kv_cache_memory_bytes=None))
    pin = 0 if cache is None else round_pin(cache)
    if not pin:
        return None
    return Fitted(pin, f"{written(pin)} is the low end of what {fraction:g} leaves for the cache, in whole 256 MiB")


def _pools(request: MemoryRequest) -> tuple[Pool, ...]:
    """Return one ledger for each kind of node; nodes that differ by name only are one kind."""
    kinds = {replace(node, name=""): node for node in request.nodes}
    return tuple(pool_of(request, node) for node in kinds.values())


def _objections(pools: tuple[Pool, ...]) -> Iterator[MemoryCheck]:
    return (judge(pool) for pool in pools for judge in _WORSE_WITH_A_LARGER_SHARE)


def _said(step: int, check: MemoryCheck) -> str:
    if check.found is None or check.wanted is None:
        return f"at {step / 100:.2f} {check.name} is {check.verdict}"
    return f"at {step / 100:.2f} {check.name} has {written(check.found)} where {written(check.wanted)} are wanted"


def _least_cache(request: MemoryRequest) -> int | None:
    """Return the low end of the smallest node's cache."""
    if nonsense_in(request) is not None:
        return None
    caches = [pool.kv for pool in _pools(request)]
    return None if not caches or None in caches else min(cache.low for cache in caches if cache is not None)
