"""Put what a boot reported in the place of what would be estimated."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sparkc.resolve.memory.amount import Band, gibibytes, number
from sparkc.resolve.memory.fraction import share_of
from sparkc.resolve.memory.graphs import Graphs
from sparkc.resolve.memory.overhead import Overhead, overhead_on
from sparkc.resolve.memory.request import Measurement, MemoryRequest, NodeRequest
from sparkc.resolve.memory.weights import Weights

BOOT_NOISE = gibibytes(0.45)
"""Half of 0.9 GiB: the same command on GB10 differs by 0.6 to 1.2 GiB from boot to boot in quiet cases
(NNNtrance/GLM-5.3-Flash-EXL3-TP3-3x-DGX-Spark, jethac/dgx-spark-hijinks, repeated boots)."""


@dataclass(frozen=True)
class Parts:
    """What shares a rank's budget with the KV cache."""

    weights: Weights | None
    overhead: Overhead
    graphs: Graphs


def boot_of(request: MemoryRequest) -> Measurement | None:
    """Return the measured boot that holds for a request: vLLM's, with as many ranks as now."""
    boot = request.measurement
    if boot is None or request.is_sglang or boot.tensor not in (None, request.tensor):
        return None
    return boot


def calibrated(request: MemoryRequest, node: NodeRequest, estimate: Parts) -> Parts:
    """Return the parts as a measured boot shows them; the estimate where there was none.

    Overhead is what the boot's budget had beside weights, graphs and cache, so that the cache of the same settings
    comes out as it was measured. Other batched tokens move it by what the estimate says they take. The band is what
    boots of one command differ by.
    """
    boot = boot_of(request)
    if boot is None:
        return estimate
    budget = share_of(boot.total, boot.fraction)
    beside = budget - boot.kv_bytes
    taken = _graphs_then(boot, estimate.graphs)
    weights = _weights(boot, estimate.weights, beside - taken)
    rest = beside - taken - (weights.bytes.point if weights else 0)
    more = _more_batched_tokens(request, node, boot)
    overhead = Overhead(
        Band(rest + more - BOOT_NOISE, rest + more, rest + more + BOOT_NOISE),
        f"{number(budget)} budget − {number(weights.bytes.point) if weights else 'unknown'} weights − "
        f"{number(taken)} graphs − {number(boot.kv_bytes)} cache of a measured boot"
        + (f" + {number(more)} GiB for other batched tokens" if more else ""),
        boot.source,
    )
    return Parts(weights, overhead, _graphs_now(boot, estimate.graphs))


def _graphs_then(boot: Measurement, estimate: Graphs) -> int:
    if not estimate.inside_budget:
        return 0
    return estimate.bytes.point if boot.graphs is None else boot.graphs


def _graphs_now(boot: Measurement, estimate: Graphs) -> Graphs:
    if estimate.bytes.high == 0 or (boot.graphs is None and not estimate.inside_budget):
        return estimate
    amount = estimate.bytes.point if boot.graphs is None else boot.graphs
    formula = f"{number(amount)} GiB" + (", measured" if boot.graphs is not None else "")
    return Graphs(Band.exactly(amount), estimate.inside_budget, formula, boot.source)


def _weights(boot: Measurement, estimate: Weights | None, room: int) -> Weights | None:
    """Return the weights that were measured, else the estimate as far as the boot had room for it."""
    if boot.weights is not None:
        return Weights(Band.exactly(boot.weights), f"{number(boot.weights)} GiB, measured")
    if estimate is None:
        return None
    point = min(estimate.bytes.point, room)
    return replace(estimate, bytes=Band.exactly(point))


def _more_batched_tokens(request: MemoryRequest, node: NodeRequest, boot: Measurement) -> int:
    if boot.max_num_batched_tokens is None:
        return 0
    then = replace(request, max_num_batched_tokens=boot.max_num_batched_tokens)
    return overhead_on(request, node).bytes.point - overhead_on(then, node).bytes.point
