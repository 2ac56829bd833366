"""How many bytes of weights one rank loads."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction

from sparkc.catalog.models import Shape
from sparkc.resolve.memory.amount import Band, ceil_div, gibibytes, written
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
    MTP tensors that stay on disk while it is off lower the low end; vision tensors that do are not known here.
    Source: see `SOURCE`.
    """
    if request.weight_bytes is None:
        return None
    share, formula = _share(request, request.weight_bytes)
    several = request.tensor * request.pipeline * request.data > 1
    loaded = Band.exactly(share) + (ABOVE_SHARE_WITH_RANKS if several else ABOVE_SHARE)
    left_out = UNUSED_MTP // request.tensor if _has_unused_mtp(request) else 0
    return Weights(replace(loaded, low=max(0, loaded.low - left_out)), f"{formula} + 0.40 GiB")


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
        parts = f"{text} / {request.tensor}" if request.tensor > 1 else text
    if request.pipeline > 1:
        stage = _stage_share(request)
        return int(share * stage), f"{parts} × {float(stage):.3f} of the layers in the largest stage"
    return share, parts


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
