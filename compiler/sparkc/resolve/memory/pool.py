"""Add up one node's memory: budget, weights, overhead, graphs, KV cache, host."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from sparkc.catalog.models import Shape
from sparkc.resolve.memory.amount import NOTHING, Band, number
from sparkc.resolve.memory.calibration import Parts, boot_of, calibrated
from sparkc.resolve.memory.fraction import default_fraction, share_of
from sparkc.resolve.memory.graphs import Graphs, graphs_of
from sparkc.resolve.memory.host import IDLE_DISCRETE, OUTSIDE, idle_on, object_store_on
from sparkc.resolve.memory.kv_cache import CacheLayout, layout_of
from sparkc.resolve.memory.overhead import Overhead, overhead_on
from sparkc.resolve.memory.request import MemoryRequest, NodeRequest
from sparkc.resolve.memory.weights import Weights, missing_weights, weights_per_rank

_STATE_SHARE_SGLANG = Fraction(9, 19)
"""SGLang gives 0.9 / 1.9 of its pool to states of hybrid models: mamba_full_memory_ratio is 0.9 (SGLang 0.5.12,
srt/server_args.py; 0.5.23, srt/arg_groups/fields/schedule.py), used in _handle_max_mamba_cache."""


@dataclass(frozen=True)
class Pool:
    """The ledger of one rank on one node, in bytes.

    Args:
        free_before: free before loading, on the node with the least of it where the engine compares nodes.
        fraction: what is in force: the author's, else the engine's default when that is known.
        asked: what the fraction comes to; None when no fraction is known.
        budget: what weights, overhead, graphs and cache may take together; None when it cannot be told.
        kv: what is left for the cache; may be negative. None when a part is missing.
        need: the least cache that serves one request of the wanted context; None when layout or context is unknown.
        missing: in words, why `kv` or `need` is None; empty otherwise.
    """

    request: MemoryRequest
    node: NodeRequest
    idle: Band
    free_before: Band
    fraction: float | None
    asked: int | None
    budget: int | None
    weights: Weights | None
    overhead: Overhead
    graphs: Graphs
    layout: CacheLayout | None
    kv: Band | None
    kv_formula: str
    need: Band | None
    object_store: int
    outside: Band
    missing_kv: str
    missing_need: str

    @property
    def overhead_name(self) -> str:
        """Return what the overhead is called: a measured boot of unknown weights only tells both together."""
        return "engine overhead" if self.weights or boot_of(self.request) is None else "weights and overhead"

    @property
    def graphs_inside(self) -> Band:
        """Return the part of the graphs that is taken from the budget."""
        return self.graphs.bytes if self.graphs.inside_budget else NOTHING

    @property
    def graphs_on_top(self) -> Band:
        """Return the part of the graphs that comes on top of the budget."""
        return NOTHING if self.graphs.inside_budget else self.graphs.bytes


def free_before_loading(request: MemoryRequest, node: NodeRequest) -> Band:
    """Return what is free on a node before the launch: total minus what is in use minus what is reserved."""
    return Band.exactly(node.total - node.reserved) - idle_on(node)


def pool_of(request: MemoryRequest, node: NodeRequest) -> Pool:
    """Return the ledger of one node. The request must have passed `nonsense_in`."""
    fraction = request.fraction or default_fraction(request.engine, request.engine_version)
    # SGLang starts every rank from the smallest free memory of all (0.5.23, srt/distributed/bootstrap.py).
    compared = request.nodes if request.is_sglang else (node,)
    free = min((free_before_loading(request, other) for other in compared), key=lambda band: band.point)
    estimate = Parts(weights_per_rank(request), overhead_on(request, node), graphs_of(request))
    parts = calibrated(request, node, estimate)
    weights, overhead, graphs = parts.weights, parts.overhead, parts.graphs
    asked = None if fraction is None else share_of(max(0, free.point) if request.is_sglang else node.total, fraction)
    layout = layout_of(request)
    pinned = request.kv_cache_memory_bytes
    inside = overhead.bytes + (graphs.bytes if graphs.inside_budget else NOTHING)
    budget = asked
    if pinned is not None and not request.is_sglang:
        known = weights is not None or boot_of(request) is not None
        budget = (weights.bytes.point if weights else 0) + inside.point + pinned if known else None
    kv, formula, missing_kv = _cache(request, parts, asked)
    context = request.context
    missing_need = layout if isinstance(layout, str) else "the longest request is not known" if context is None else ""
    cache_layout = None if isinstance(layout, str) else layout
    return Pool(
        request=request,
        node=node,
        idle=idle_on(node),
        free_before=free,
        fraction=fraction,
        asked=asked,
        budget=budget,
        weights=weights,
        overhead=overhead,
        graphs=graphs,
        layout=cache_layout,
        kv=kv,
        kv_formula=formula,
        need=cache_layout.least_for(context) if cache_layout and context is not None else None,
        object_store=object_store_on(request, node),
        outside=OUTSIDE if node.unified else IDLE_DISCRETE,
        missing_kv=missing_kv,
        missing_need=missing_need,
    )


def _cache(request: MemoryRequest, parts: Parts, asked: int | None) -> tuple[Band | None, str, str]:
    """Return what is left for the KV cache, its formula, and why it is unknown.

    vLLM: ceil(total * fraction) - weights - overhead - graphs, or exactly the pin, which is not clamped against what is
    free (vLLM 0.33.0, v1/worker/gpu_worker.py, determine_available_memory). SGLang: free before * fraction - weights,
    minus the states of hybrids (SGLang 0.5.23, srt/mem_cache/kv_cache_configurator.py, _profile_available_bytes).
    """
    if request.kv_cache_memory_bytes is not None and not request.is_sglang:
        return Band.exactly(request.kv_cache_memory_bytes), "pinned by kv_cache_memory_bytes", ""
    if asked is None:
        return None, "", f"{request.fraction_word} is not set and the engine's default for this version is not known"
    weights = parts.weights
    if weights is None and boot_of(request) is None:
        return None, "", missing_weights(request)
    graphs = parts.graphs.bytes if parts.graphs.inside_budget else NOTHING
    taken = (weights.bytes if weights else NOTHING, parts.overhead.bytes, graphs)
    left = Band.exactly(asked) - sum(taken, NOTHING)
    formula = " − ".join(number(amount) for amount in (asked, *(band.point for band in taken)))
    if request.is_sglang and _has_states(request.shape):
        left = Band(*(int(amount * (1 - _STATE_SHARE_SGLANG)) for amount in (left.low, left.point, left.high)))
        return left, f"({formula}) × 10 / 19, the rest holds states", ""
    return left, formula, ""


def _has_states(shape: Shape | None) -> bool:
    return shape is not None and shape.state_layers > 0
