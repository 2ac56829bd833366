"""Compute settings under which a check that failed would pass."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator
from dataclasses import replace

from sparkc.plan import MemoryCheck
from sparkc.resolve.memory.amount import gibibytes
from sparkc.resolve.memory.kv_cache import is_wide, with_fp8
from sparkc.resolve.memory.pool import Pool, pool_of
from sparkc.resolve.memory.predicates import PREDICATES, host_headroom
from sparkc.resolve.memory.request import MemoryRequest, NodeRequest

SMALL_OBJECT_STORE = gibibytes(1)
"""Enough for an engine that moves tensors over NCCL (NVIDIA developer forum, topic 373387, point 2)."""

_HUNDREDTHS = range(10, 96)
_MOST_NODES = 8
_ROUND_CONTEXT = 4096


def ways_out(check: MemoryCheck, pool: Pool) -> tuple[str, ...]:
    """Return instructions, each computed: with it this check passes and no other one is newly refused."""
    if check.verdict not in ("no", "tight"):
        return ()
    return tuple(_KINDS[check.name](check, pool)) if check.name in _KINDS else ()


def _larger_cache(check: MemoryCheck, pool: Pool) -> Iterator[str]:
    yield from _fraction(check, pool, higher=True)
    yield from _shorter_context(check, pool)
    if is_wide(pool.request) and _passes(check, pool, with_fp8(pool.request)):
        yield "set kv_cache_dtype to fp8"
    yield from _other_checkpoint(check, pool)
    yield from _more_nodes(check, pool)


def _smaller_share(check: MemoryCheck, pool: Pool) -> Iterator[str]:
    yield from _fraction(check, pool, higher=False)
    yield from _other_monitor(check, pool)
    if pool.node.reserved and _passes(check, pool, _on_every_node(pool.request, reserved=0)):
        yield "stop the services that reserve memory on this node"


def _lighter_load(check: MemoryCheck, pool: Pool) -> Iterator[str]:
    capped = _on_every_node(pool.request, object_store=SMALL_OBJECT_STORE)
    if pool.object_store > SMALL_OBJECT_STORE and _passes(check, pool, capped):
        yield "cap Ray's object store at 1 GiB"
    yield from _other_checkpoint(check, pool)
    yield from _more_nodes(check, pool)


_KINDS: dict[str, Callable[[MemoryCheck, Pool], Iterator[str]]] = {
    "free-at-start": _smaller_share,
    "load-peak": _lighter_load,
    "kv-positive": _larger_cache,
    "kv-one-request": _larger_cache,
    "host-headroom": _smaller_share,
    "ray-threshold": _smaller_share,
}


def _fraction(check: MemoryCheck, pool: Pool, *, higher: bool) -> Iterator[str]:
    """Offer the nearest fraction in hundredths: the lowest that is high enough, or the highest that is low enough.

    Each check changes its mind once at most along the fraction, so bisection finds the nearest that passes. Further
    away the other checks only get worse.
    """
    now = pool.fraction
    if now is None:
        return
    away = sorted((step / 100 for step in _HUNDREDTHS if (step / 100 > now) == higher), reverse=not higher)
    nearest = bisect_left(away, True, key=lambda step: _judged(check, pool, _with_fraction(pool, step)) == "yes")
    if nearest < len(away) and _passes(check, pool, _with_fraction(pool, away[nearest])):
        yield f"set {pool.request.fraction_word} to {away[nearest]:.2f}"


def _with_fraction(pool: Pool, fraction: float) -> MemoryRequest:
    return replace(pool.request, fraction=fraction)


def _shorter_context(check: MemoryCheck, pool: Pool) -> Iterator[str]:
    context = pool.request.context
    if check.name != "kv-one-request" or pool.kv is None or pool.layout is None or context is None:
        return
    fits = pool.layout.longest_in(max(0, pool.kv.low), context - 1)
    rounded = fits - fits % _ROUND_CONTEXT or fits
    if rounded:
        yield f"set max_model_len to {rounded:,} instead of {context:,}"


def _other_checkpoint(check: MemoryCheck, pool: Pool) -> Iterator[str]:
    for other in pool.request.alternatives:
        request = replace(pool.request, weight_bytes=other.weight_bytes, quant=other.quant, measurement=None)
        if _passes(check, pool, request):
            yield f"take {other.id} ({other.quant}, {other.weight_bytes / 1e9:,.0f} GB)"


def _more_nodes(check: MemoryCheck, pool: Pool) -> Iterator[str]:
    request = pool.request
    if request.shape is None or request.pipeline * request.data > 1 or request.tensor != len(request.nodes):
        return
    for count in range(len(request.nodes) + 1, _MOST_NODES + 1):
        if request.shape.attention_heads % count or (request.shape.kv_heads % count and count % request.shape.kv_heads):
            continue
        nodes = (*request.nodes, *(pool.node for _ in range(count - len(request.nodes))))
        if _passes(check, pool, replace(request, nodes=nodes, tensor=count, measurement=None)):
            yield f"spread the model over {count} nodes"
            return


def _other_monitor(check: MemoryCheck, pool: Pool) -> Iterator[str]:
    # Where the host itself runs short, a silenced monitor only moves the failure to the kernel.
    if check.name != "ray-threshold" or host_headroom(pool).verdict == "no":
        return
    if _passes(check, pool, replace(pool.request, ray_threshold=0.97)):
        yield "raise RAY_memory_usage_threshold to 0.97 before ray start"
    yield "switch Ray's memory monitor off (RAY_memory_monitor_refresh_ms=0 before ray start)"


def _on_every_node(request: MemoryRequest, **change: int) -> MemoryRequest:
    # The values are integers of fields that take them; replace() cannot be typed more narrowly.
    nodes = tuple(replace(node, **change) for node in request.nodes)  # type: ignore[arg-type]
    return replace(request, nodes=nodes)


def _passes(check: MemoryCheck, pool: Pool, request: MemoryRequest) -> bool:
    """Tell whether a changed request passes this check here and is refused nowhere that it was not before."""
    if _judged(check, pool, request) != "yes":
        return False
    changed = pool_of(request, _same_node(pool.node, request))
    refused = (predicate for predicate in PREDICATES if predicate.judge(changed).verdict == "no")
    return all(predicate.judge(pool).verdict == "no" for predicate in refused)


def _judged(check: MemoryCheck, pool: Pool, request: MemoryRequest) -> str:
    changed = pool_of(request, _same_node(pool.node, request))
    return next(predicate.judge(changed).verdict for predicate in PREDICATES if predicate.name == check.name)


def _same_node(node: NodeRequest, request: MemoryRequest) -> NodeRequest:
    return next((other for other in request.nodes if other.name == node.name), node)
