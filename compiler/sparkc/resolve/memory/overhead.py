"""What an engine takes from its budget beside weights, graphs and KV cache."""

from __future__ import annotations

from dataclasses import dataclass

from sparkc.resolve.memory.amount import NOTHING, Band, gibibytes
from sparkc.resolve.memory.request import MemoryRequest, NodeRequest

SOURCE_GB10 = (
    "Fit over 32 boots on GB10, each model left out in turn: median error 1.6 GiB, worst 5.5 GiB "
    "(boot logs of jethac/dgx-spark-hijinks, djangodevreng/dgx-spark-benchmarks, styles01/sparkrun-recipes)"
)
SOURCE_DISCRETE = "Four boots on discrete accelerators: 1.7 to 7.3 GiB (vllm-project/vllm-ascend PR 8289 and others)"

DEFAULT_BATCHED_TOKENS = 2048
"""vLLM's default on GB10: it counts as a small device (vLLM 0.33.0, engine/arg_utils.py)."""

_INSTANT_TENSOR = gibibytes(4.43)
"""Less KV cache at identical flags (MiaAI-Lab/GLM-5.3-Flash-EXL3-2x-DGX-Sparks issue 204)."""

_WORST_ERROR = gibibytes(5.5)
_SMALLEST_SEEN = gibibytes(0.9)


@dataclass(frozen=True)
class Overhead:
    """Activations, buffers, communicators and on unified memory the engine's own host memory."""

    bytes: Band
    formula: str
    source: str


def overhead_on(request: MemoryRequest, node: NodeRequest) -> Overhead:
    """Return the engine's overhead on one rank in bytes.

    GB10: 3.1 GiB + 0.30 GiB per 2048 batched tokens + 4.0 GiB with MTP or 3.3 GiB with a draft model + 4.43 GiB with
    the InstantTensor loader. The coefficients are good to about half their size. SGLang sizes its pool from what is
    free after loading, so nothing stands between weights and pool (SGLang 0.5.23, model_executor).
    """
    if request.is_sglang:
        return Overhead(NOTHING, "0 (SGLang measures after loading)", "SGLang 0.5.23, model_executor")
    if not node.unified:
        return _on_discrete_memory(request)
    tokens = request.max_num_batched_tokens or DEFAULT_BATCHED_TOKENS
    draft = {"mtp": 4.0, "draft": 3.3}.get(request.speculative, 0.0)
    point = gibibytes(3.1 + draft) + gibibytes(0.30) * tokens // DEFAULT_BATCHED_TOKENS
    formula = f"3.1 GiB + 0.30 GiB × {tokens:,} / 2,048 batched tokens"
    if request.load_format == "instanttensor":
        point += _INSTANT_TENSOR
        formula += " + 4.43 GiB that the loader keeps"
    if draft:
        formula += f" + {draft} GiB for the draft"
    low = max(_SMALLEST_SEEN, point - _WORST_ERROR)
    return Overhead(Band(low, point, point + _WORST_ERROR), formula, SOURCE_GB10)


def _on_discrete_memory(request: MemoryRequest) -> Overhead:
    if request.shape is None:
        band, what = Band(gibibytes(1), gibibytes(4), gibibytes(8)), "4 GiB, model unknown"
    elif request.shape.experts:
        band, what = Band(gibibytes(4), gibibytes(6), gibibytes(8)), "6 GiB, large mixture of experts"
    else:
        band, what = Band(gibibytes(1), gibibytes(2), gibibytes(3)), "2 GiB, dense model"
    return Overhead(band, what, SOURCE_DISCRETE)
