"""What an engine takes from its budget beside weights, graphs and KV cache."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from sparkc.catalog.data import load
from sparkc.resolve.memory.amount import NOTHING, Band, gibibytes
from sparkc.resolve.memory.fraction import SOURCE_SGLANG
from sparkc.resolve.memory.request import MemoryRequest, NodeRequest

SOURCE_DISCRETE = "Four boots on discrete accelerators: 1.7 to 7.3 GiB (vllm-project/vllm-ascend PR 8289 and others)"

DEFAULT_BATCHED_TOKENS = 2048
"""vLLM's default on GB10: it counts as a small device (vLLM 0.33.0, engine/arg_utils.py)."""

_INSTANT_TENSOR = gibibytes(4.43)
"""Less KV cache at identical flags (MiaAI-Lab/GLM-5.3-Flash-EXL3-2x-DGX-Sparks issue 204)."""


@dataclass(frozen=True)
class Fit:
    """What tools/fit_overhead.py found for GB10, in GiB.

    Args:
        base: of every launch; `per_2048` for every 2048 batched tokens; `mtp` and `draft` with such a draft.
        smallest_seen: the least that any boot took.
        band: how far an estimate may be off; `median_error` and `worst_error` of boots of models left out of the fit.
    """

    boots: int
    models: int
    base: float
    per_2048: float
    mtp: float
    draft: float
    smallest_seen: float
    median_error: float
    p75_error: float
    worst_error: float
    band: float

    @property
    def source(self) -> str:
        """Return where the numbers come from, for people."""
        return (
            f"Fit over {self.boots} measured boots on GB10, each of {self.models} models left out in turn: "
            f"median error {self.median_error} GiB, worst {self.worst_error} GiB (docs/memory-planner.md)"
        )


@cache
def fit_on_gb10() -> Fit:
    """Return the fitted coefficients."""
    return Fit(**load("memory", "overhead-gb10"))


@dataclass(frozen=True)
class Overhead:
    """Activations, buffers, communicators and on unified memory the engine's own host memory."""

    bytes: Band
    formula: str
    source: str


def overhead_on(request: MemoryRequest, node: NodeRequest) -> Overhead:
    """Return the engine's overhead on one rank in bytes.

    GB10: a base, a part per 2048 batched tokens, one for a draft (`Fit`), and 4.43 GiB with the InstantTensor loader.
    What it stands for is measured by the engine in a dummy run, which no CPU can do (vLLM 0.33.0,
    v1/worker/gpu_worker.py, determine_available_memory: consumed memory and the transient peak). SGLang sizes its pool
    from what is free after loading, so nothing stands between weights and pool (SGLang 0.5.23,
    srt/mem_cache/kv_cache_configurator.py, _profile_available_bytes).
    """
    if request.is_sglang:
        return Overhead(NOTHING, "0 (SGLang measures after loading)", SOURCE_SGLANG)
    if not node.unified:
        return _on_discrete_memory(request)
    fit = fit_on_gb10()
    tokens = request.max_num_batched_tokens or DEFAULT_BATCHED_TOKENS
    draft = {"mtp": fit.mtp, "draft": fit.draft}.get(request.speculative, 0.0)
    point = gibibytes(fit.base + draft) + gibibytes(fit.per_2048) * tokens // DEFAULT_BATCHED_TOKENS
    formula = f"{fit.base} GiB + {fit.per_2048} GiB × {tokens:,} / 2,048 batched tokens"
    if request.load_format == "instanttensor":
        point += _INSTANT_TENSOR
        formula += " + 4.43 GiB that the loader keeps"
    if draft:
        formula += f" + {draft} GiB for the draft"
    low = max(gibibytes(fit.smallest_seen), point - gibibytes(fit.band))
    return Overhead(Band(low, point, point + gibibytes(fit.band)), formula, fit.source)


def _on_discrete_memory(request: MemoryRequest) -> Overhead:
    if request.shape is None:
        band, what = Band(gibibytes(1), gibibytes(4), gibibytes(8)), "4 GiB, model unknown"
    elif request.shape.experts:
        band, what = Band(gibibytes(4), gibibytes(6), gibibytes(8)), "6 GiB, large mixture of experts"
    else:
        band, what = Band(gibibytes(1), gibibytes(2), gibibytes(3)), "2 GiB, dense model"
    return Overhead(band, what, SOURCE_DISCRETE)
