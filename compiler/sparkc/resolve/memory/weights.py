"""How many bytes of weights one rank loads."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction

from sparkc.catalog.models import Shape
from sparkc.resolve.memory.amount import NOTHING, Band, ceil_div, gibibytes, written
from sparkc.resolve.memory.request import MemoryRequest

SOURCE = (
    "Measured boots: what is loaded is the checkpoint's share plus 0.2 to 0.64 GiB on one rank, up to 2.7 GiB above it "
    "with tensor parallelism (jethac/dgx-spark-hijinks, djangodevreng/dgx-spark-benchmarks, "
    "NNNtrance/GLM-5.3-Flash-EXL3-TP3-3x-DGX-Spark)"
)

ABOVE_SHARE = Band(gibibytes(0.2), gibibytes(0.4), gibibytes(0.64))
ABOVE_SHARE_WITH_RANKS = Band(gibibytes(0.2), gibibytes(0.4), gibibytes(2.7))

UNUSED_MTP = gibibytes(5.2)
"""Nemotron 3 Super loads 69.62 GiB with MTP off and 75.03 with it (teaql/nvidia-dgx-spark-model-benchmark)."""


@dataclass(frozen=True)
class Weights:
    """Weights of one rank, with the arithmetic behind them."""

    bytes: Band
    formula: str


def weights_per_rank(request: MemoryRequest) -> Weights | None:
    """Return the weights of one rank in bytes; None when the checkpoint's size is unknown.

    share = checkpoint / tensor, times the layers of the largest pipeline stage over all layers. With data parallelism
    and expert parallelism together the experts are spread over tensor * data ranks and the rest over tensor only.
    MTP tensors that stay on disk while it is off lower the low end; vision tensors that do are not known here. Heads
    that are padding come on top (`_padding`), and a draft model, cut as the model is; with a tensor parallel size of
    its own, 1, it may be whole on every rank.
    Source: see `SOURCE`.
    """
    if missing_weights(request) or request.weight_bytes is None:
        return None
    share, formula = _share(request, request.weight_bytes)
    several = request.tensor * request.pipeline * request.data > 1
    loaded = Band.exactly(share) + (ABOVE_SHARE_WITH_RANKS if several else ABOVE_SHARE)
    left_out = UNUSED_MTP // request.tensor if _has_unused_mtp(request) else 0
    formula = f"{formula} + 0.40 GiB"
    padding = _padding(request)
    if padding.point and request.shape is not None:
        heads, kv_heads = padded_heads(request.shape, request.tensor)
        loaded += padding
        formula += f" + {written(padding.point)} to pad {request.shape.attention_heads} and {request.shape.kv_heads} "
        formula += f"heads to {heads} and {kv_heads}"
    if request.speculative == "draft" and request.draft_weight_bytes:
        whole = request.draft_weight_bytes
        loaded += Band(ceil_div(whole, request.tensor), ceil_div(whole, request.tensor), whole)
        formula = f"{formula} + {_divided(whole, request.tensor)} of draft"
    return Weights(replace(loaded, low=max(0, loaded.low - left_out)), formula)


def missing_weights(request: MemoryRequest) -> str:
    """Return in words which weights are of unknown size; empty when all are known."""
    if request.weight_bytes is None:
        return "the size of the checkpoint is not known; state it in the spec"
    if request.speculative == "draft" and request.draft_weight_bytes is None:
        return "the size of the draft model is not known; state it in serving.speculative.model.size"
    return ""


def padded_heads(shape: Shape, tensor: int) -> tuple[int, int]:
    """Return attention and KV heads over all ranks once both divide by the ranks; the model's own where they do.

    A rank keeps whole KV heads and the attention heads that belong to them: MiniMax M3's 64 and 4 become 96 and 6 on
    three ranks (tonyd2wild/Minimax-M3-NVFP-3x-DGX-Sparks-TP-3, README, `fb63c9a`). A latent has no heads to share.
    """
    if shape.latent_dim or max(shape.kv_heads, tensor) % min(shape.kv_heads, tensor) == 0:
        return ceil_div(shape.attention_heads, tensor) * tensor, shape.kv_heads
    kv_heads = ceil_div(shape.kv_heads, tensor) * tensor
    return kv_heads * ceil_div(shape.attention_heads, shape.kv_heads), kv_heads


def _padding(request: MemoryRequest) -> Band:
    """Return what one rank loads for heads that are padding: queries, keys, values, output of each attention layer.

    layers * hidden * (2 * more attention heads + 2 * more KV heads) * head_dim / tensor, at 16 bits, which checkpoints
    often keep for attention; at the low end at 4 bits.
    """
    shape = request.shape
    if shape is None or request.weight_bytes is None:
        return NOTHING
    heads, kv_heads = padded_heads(shape, request.tensor)
    more = 2 * (heads - shape.attention_heads) + 2 * (kv_heads - shape.kv_heads)
    layers = ceil_div(shape.attention_layers + shape.sliding_layers, request.pipeline)
    values = layers * shape.hidden_size * more * shape.head_dim
    wide = ceil_div(2 * values, request.tensor)
    narrow = min(wide, ceil_div(4 * values, 8 * request.tensor))
    return Band(narrow, wide, wide)


def _has_unused_mtp(request: MemoryRequest) -> bool:
    return request.shape is not None and request.shape.mtp_layers > 0 and request.speculative != "mtp"


def _share(request: MemoryRequest, whole: int) -> tuple[int, str]:
    text = written(whole)
    if request.data > 1 and request.expert > 1 and request.shape and request.shape.experts:
        routed = expert_share(request.shape)
        experts = int(whole * routed)
        ranks = request.tensor * request.data
        share = ceil_div(experts, ranks) + ceil_div(whole - experts, request.tensor)
        parts = f"{text} × {float(routed):.3f} / {ranks} + {text} × {float(1 - routed):.3f} / {request.tensor}"
    else:
        share = ceil_div(whole, request.tensor)
        parts = _divided(whole, request.tensor)
    if request.pipeline > 1:
        stage = _stage_share(request)
        return int(share * stage), f"{parts} × {float(stage):.3f} of the layers in the largest stage"
    return share, parts


def _divided(whole: int, ranks: int) -> str:
    return f"{written(whole)} / {ranks}" if ranks > 1 else written(whole)


def _stage_share(request: MemoryRequest) -> Fraction:
    if request.shape is None:
        return Fraction(1, request.pipeline)
    layers = request.shape.layers
    return Fraction(ceil_div(layers, request.pipeline), layers)


def expert_share(shape: Shape) -> Fraction:
    """Return which part of the parameters sits in routed experts, as if all had the same width in bits.

    Experts: layers * experts * 3 * hidden * expert width. The rest: attention projections, dense feed-forward, two
    embeddings. Reproduces MiniMax M2: 224.7 of 228.6 billion.
    """
    experts = shape.layers * shape.experts * 3 * shape.hidden_size * shape.expert_intermediate_size
    heads = 2 * (shape.attention_heads + shape.kv_heads) * shape.head_dim
    rest = shape.layers * shape.hidden_size * (heads + 3 * shape.intermediate_size)
    rest += 2 * shape.vocab_size * shape.hidden_size
    return Fraction(max(0, experts), max(1, experts + rest))
