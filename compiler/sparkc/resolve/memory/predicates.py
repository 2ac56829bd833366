"""The six things that must hold for a launch, each with its own inputs. They are never folded into one answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from sparkc.plan import MemoryCheck
from sparkc.resolve.memory.amount import NOTHING, Band, gibibytes, number, written
from sparkc.resolve.memory.calibration import boot_of
from sparkc.resolve.memory.fraction import share_of
from sparkc.resolve.memory.host import idle_on
from sparkc.resolve.memory.pool import Pool, free_before_loading
from sparkc.resolve.memory.request import NodeRequest
from sparkc.resolve.memory.weights import missing_weights

Verdict = Literal["yes", "tight", "no", "unknown"]

START_MARGIN = gibibytes(2.0)
"""A node that showed 91.3 GiB in a preflight had 90.38 when the engine looked: keep 1 to 2 GiB."""

HOST_WARN = gibibytes(8.0)
"""Below this the host has swapped, crawled or had its engine aborted; above it launches were quiet."""

HOST_REFUSE = gibibytes(3.0)
"""A boot that left 1.8 to 5 GiB swapped, livelocked or was aborted
(teaql/nvidia-dgx-spark-model-benchmark, MiaAI-Lab/GLM-5.3-Flash-EXL3-2x-DGX-Sparks issue 118)."""

REPACK_FOUR_BITS = gibibytes(26.6)
"""One recipe loaded 73.97 or 100.59 GiB depending on the FP4 kernels (eugr/spark-vllm-docker issue 388)."""

SGLANG_TRANSIENT = gibibytes(25.0)
"""SGLang has taken 25 to 40 GB that its pool does not account for on GB10 (hasso5703/dgx-spark-qwen38)."""

_FOUR_BITS = ("nvfp4", "mxfp4", "awq-int4", "gptq-int4", "int4", "w4a16")


@dataclass(frozen=True)
class Predicate:
    """One of the six: its name in findings and in the plan, and how it is judged on one node's ledger."""

    name: str
    judge: Callable[[Pool], MemoryCheck]


def free_at_start(pool: Pool) -> MemoryCheck:
    """Judge whether the engine finds what it asks for before it loads.

    vLLM refuses if free < ceil(total * fraction), with a pinned cache as well (vLLM 0.33.0,
    v1/worker/utils.py, request_memory). SGLang
    refuses if the least free node has less than 0.9 of this one's, with tensor > 1 (SGLang 0.5.12,
    srt/model_executor/model_runner.py; 0.5.23, srt/distributed/bootstrap.py, _check_tp_memory_balance).
    """
    if pool.request.is_sglang:
        return _balanced(pool)
    name, node = "free-at-start", pool.node
    if pool.asked is None or pool.fraction is None:
        return _unknown(name, "gpu_memory_utilization is not set and the default of this version is not known")
    free, asked = pool.free_before, pool.asked
    verdict = _verdict(asked + START_MARGIN <= free.point, asked <= free.high)
    explanation = (
        f"{pool.fraction:g} × {written(node.total)} = {written(asked)} must be free when the engine starts; a quiet "
        f"node shows {number(node.total)} − {number(pool.idle.point)} in use − {number(node.reserved)} reserved = "
        f"{written(free.point)}, and {written(START_MARGIN)} of margin are wanted"
    )
    return MemoryCheck(name, verdict, free.point, asked, explanation)


def _balanced(pool: Pool) -> MemoryCheck:
    nodes = pool.request.nodes
    own = free_before_loading(pool.request, pool.node).point
    least_node = min(nodes, key=lambda node: free_before_loading(pool.request, node).point)
    least = free_before_loading(pool.request, least_node).point
    # Without tensor parallelism no rank looks at another.
    wanted = share_of(max(0, own), 0.9) if pool.request.tensor > 1 else 0
    explanation = (
        f"{least_node.name} has the least free memory before loading, about {written(least)}; SGLang wants 0.9 × "
        f"{written(own)} = {written(wanted)} there"
    )
    return MemoryCheck("free-at-start", _verdict(least >= wanted, least >= wanted), least, wanted, explanation)


def load_peak(pool: Pool) -> MemoryCheck:
    """Judge whether weights and what loading takes on top stay within the memory.

    Nothing in the engines bounds this peak (vllm-project/vllm issues 46307, 43969). weights + repacking of 4-bit
    formats (0 to 26.6 GiB) <= total - in use - reserved - Ray's object store.
    """
    name = "load-peak"
    if pool.weights is None:
        return _unknown(name, missing_weights(pool.request))
    repack = Band(0, 0, REPACK_FOUR_BITS) if pool.request.quant.startswith(_FOUR_BITS) else NOTHING
    peak = pool.weights.bytes + repack
    room = Band.exactly(pool.node.total - pool.node.reserved) - _quiet(pool.node)
    with_store, used = room.point - pool.object_store, _quiet(pool.node).point
    verdict = _verdict(peak.high <= with_store, peak.low <= room.high)
    explanation = (
        f"{written(peak.point)} of weights per rank, {written(peak.high)} at the worst moment of loading; "
        f"{number(pool.node.total)} − {number(used)} in use − {number(pool.node.reserved)} reserved − "
        f"{number(pool.object_store)} that Ray's object store may take = {written(with_store)} are there"
    )
    return MemoryCheck(name, verdict, with_store, peak.high, explanation)


def kv_positive(pool: Pool) -> MemoryCheck:
    """Judge whether anything is left for the KV cache once the rest has taken its part of the budget."""
    name = "kv-positive"
    if pool.kv is None:
        return _unknown(name, pool.missing_kv)
    verdict = _verdict(pool.kv.low > 0, pool.kv.high > 0)
    return MemoryCheck(name, verdict, pool.kv.point, 1, f"{_cache_arithmetic(pool)} for the KV cache")


def kv_one_request(pool: Pool) -> MemoryCheck:
    """Judge whether the cache holds one request of the wanted length (vLLM 0.33.0, v1/core/kv_cache_planning.py)."""
    name, context = "kv-one-request", pool.request.context
    if pool.need is None or pool.layout is None or context is None:
        return _unknown(name, pool.missing_need)
    need = f"one request of {context:,} tokens needs {written(pool.need.point)} per rank ({_need_arithmetic(pool)})"
    if pool.kv is None:
        return MemoryCheck(name, "unknown", None, pool.need.point, f"{need}; {pool.missing_kv}")
    verdict = _verdict(pool.kv.low >= pool.need.high, pool.kv.high >= pool.need.low)
    return MemoryCheck(name, verdict, pool.kv.point, pool.need.point, f"{need}; {_cache_arithmetic(pool)}")


def host_headroom(pool: Pool) -> MemoryCheck:
    """Judge what is left for the host once the engine serves; on unified memory only.

    total - budget - graphs on top - used outside - reserved: below 8 GiB is tight, below 3 GiB even with little used
    outside is refused. SGLang: its untracked transients must find room, too.
    """
    name, node = "host-headroom", pool.node
    if not node.unified:
        return MemoryCheck(name, "yes", None, None, "the accelerator's memory is not the host's")
    if pool.budget is None:
        return _unknown(name, pool.missing_kv or "the engine's budget is not known")
    left = _left_for_host(pool)
    wanted = SGLANG_TRANSIENT if pool.request.is_sglang else HOST_WARN
    verdict = _verdict(left.point >= wanted, left.high >= HOST_REFUSE)
    explanation = (
        f"{number(node.total)} total − {number(pool.budget)} budget − {number(pool.graphs_on_top.point)} graphs on top "
        f"− {number(pool.outside.point)} used outside (2 to 17.4 seen) − {number(node.reserved)} reserved = "
        f"{written(left.point)} left for the host, {written(wanted)} wanted"
    )
    return MemoryCheck(name, verdict, left.point, wanted, explanation)


def ray_threshold(pool: Pool) -> MemoryCheck:
    """Judge whether Ray's memory monitor lets the launch live: used <= threshold * total.

    The monitor is compiled code (Ray 2.54.0 and 2.60.0, core/src/ray/raylet/raylet), which cannot be asked.
    """
    name, node, threshold = "ray-threshold", pool.node, pool.request.ray_threshold
    if pool.request.executor != "ray":
        return MemoryCheck(name, "yes", None, None, "the launch runs without Ray")
    if threshold is None:
        return MemoryCheck(name, "yes", None, None, "Ray's memory monitor is off")
    if not node.unified:
        return MemoryCheck(
            name, "yes", None, None, "Ray watches the host's memory, which the accelerator does not share"
        )
    if pool.budget is None:
        return _unknown(name, pool.missing_kv or "the engine's budget is not known")
    allowed = share_of(node.total, threshold)
    used = Band.exactly(node.total) - _left_for_host(pool)
    verdict = _verdict(used.high <= allowed, used.low <= allowed)
    explanation = (
        f"about {written(used.point)} will be in use ({written(used.low)} to {written(used.high)}); Ray kills a worker "
        f"above {threshold:g} × {written(node.total)} = {written(allowed)}"
    )
    return MemoryCheck(name, verdict, allowed, used.point, explanation)


PREDICATES = (
    Predicate("free-at-start", free_at_start),
    Predicate("load-peak", load_peak),
    Predicate("kv-positive", kv_positive),
    Predicate("kv-one-request", kv_one_request),
    Predicate("host-headroom", host_headroom),
    Predicate("ray-threshold", ray_threshold),
)


def _verdict(surely: bool, possibly: bool) -> Verdict:
    if surely:
        return "yes"
    return "tight" if possibly else "no"


def _unknown(name: str, why: str) -> MemoryCheck:
    return MemoryCheck(name, "unknown", None, None, f"unknown, because {why}")


def _quiet(node: NodeRequest) -> Band:
    """Return what a quiet node has in use. The busy end of the band is for preflight to see, not for a plan."""
    idle = idle_on(node)
    return Band(idle.low, idle.point, idle.point)


def _left_for_host(pool: Pool) -> Band:
    """Return total minus everything. The worst head that was seen had graphs and object store in its 17.4 GiB."""
    graphs, outside = pool.graphs_on_top, pool.outside
    worst = max(outside.high, outside.point + graphs.high + pool.object_store)
    beside = Band(outside.low + graphs.low, outside.point + graphs.point, worst)
    return Band.exactly(pool.node.total - (pool.budget or 0) - pool.node.reserved) - beside


def _cache_arithmetic(pool: Pool) -> str:
    if pool.kv is None:
        return ""
    band = f"{written(pool.kv.point)} ({number(pool.kv.low)} to {number(pool.kv.high)})"
    if pool.asked is None or pool.kv_formula.startswith("pinned"):
        return f"{pool.kv_formula}: {band}"
    weights = f"{number(pool.weights.bytes.point)} weights − " if pool.weights else ""
    boot = boot_of(pool.request)
    return (
        f"{number(pool.asked)} budget − {weights}{number(pool.overhead.bytes.point)} "
        f"{pool.overhead_name.removeprefix('engine ')} − {number(pool.graphs_inside.point)} graphs leaves {band}"
        + (f", calibrated on the boot of {boot.source}" if boot else "")
    )


def _need_arithmetic(pool: Pool) -> str:
    layout, context = pool.layout, pool.request.context
    if layout is None or context is None:
        return ""
    kept = " and a block that the pool keeps" if layout.held_back else ""
    if layout.state_groups or layout.sliding_groups:
        return f"{layout.blocks_for(context):,} blocks of {layout.bytes_per_block:,} bytes{kept}"
    return f"{layout.token_bytes:,} bytes per token: {layout.formula}{kept and ','}{kept}"
