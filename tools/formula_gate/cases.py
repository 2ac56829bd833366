"""What the planner and the engines are asked: the catalog's models in many settings, and shapes drawn at random."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from random import Random
from typing import Any, Literal

import yaml

from sparkc.catalog.models import Shape, find_family, model_families, shape_from
from sparkc.catalog.versions import is_within
from sparkc.resolve.memory import MemoryRequest, NodeRequest
from sparkc.resolve.memory.kv_cache import index_layers_of, is_packed

GIB = 2**30
SEED = 20261120
PER_MODEL, RANDOM = 8, 100
LONGEST = 2**30
"""Where the search for the longest request ends, in tokens."""

SHAPES = Path(__file__).parent.parent.parent / "tests/memory/cases.yaml"
SPARK = NodeRequest("spark", round(121.69 * GIB), unified=True)


@dataclass(frozen=True)
class Case:
    """One question: a launch, and the bytes that it has for its cache."""

    request: MemoryRequest
    available: int


def vllm_cases(version: str) -> list[Case]:
    """Return the questions for a release of vLLM; the same ones on every run."""
    draw = Random(SEED)
    shapes = [shape for shape in (*_known(), *_odd()) for _ in range(PER_MODEL)]
    shapes += [_random_shape(draw) for _ in range(RANDOM)]
    cases = (_drawn(draw, shape, version) for shape in shapes)
    return [case for case in cases if _is_launched(case.request, version)]


def sglang_cases(version: str) -> list[Case]:
    """Return the questions for a release of SGLang: layers of one kind, on up to eight ranks."""
    draw = Random(SEED)
    shapes = [shape for shape in _known() if shape.attention in ("uniform", "mla") and not shape.index_layers]
    shapes = [shape for shape in shapes for _ in range(PER_MODEL)]
    drawn = (_random_shape(draw) for _ in range(RANDOM))
    shapes += [shape for shape in drawn if shape.attention in ("uniform", "mla") and not shape.index_layers]
    cases = []
    for shape in shapes:
        case = _drawn(draw, shape, version)
        dtype = draw.choice(("auto", "bfloat16", "fp8_e4m3"))
        own = replace(case.request, engine="sglang", kv_cache_dtype=dtype, pipeline=1, context_ranks=1)
        cases.append(replace(case, request=replace(own, speculative="none", speculative_tokens=0)))
    return cases


def question(case: Case, *, least: int, fitted: int, offers: list[tuple[int, int]]) -> dict[str, Any]:  # Any: JSON
    """Return a case as the engines are asked, with what the planner would pin, fit and offer."""
    request, shape = case.request, case.request.shape
    assert shape is not None
    # What a release makes of the words before it asks a layer: `fp8` becomes `fp8_ds_mla` where attention is sparse
    # (model_executor/models/config.py, DeepseekV32ForCausalLM), and layers of multi-token prediction keep an index too.
    dtype = "fp8_ds_mla" if is_packed(request, shape) else request.kv_cache_dtype
    return {
        "shape": asdict(replace(shape, index_layers=index_layers_of(request, shape))),
        "attention_layers": shape.attention_layers,
        "draft_layers": shape.mtp_layers if request.speculative == "mtp" else 0,
        "tensor": request.tensor,
        "pipeline": request.pipeline,
        "context_ranks": request.context_ranks,
        "kv_cache_dtype": dtype,
        "block_size": request.block_size,
        "prefix_caching": request.prefix_caching,
        "async_scheduling": request.async_scheduling is not False,
        "speculative": request.speculative,
        "drafted": 0 if request.speculative == "none" else request.speculative_tokens,
        "batched_tokens": request.max_num_batched_tokens,
        "context": request.max_model_len,
        "available": case.available,
        "at_most": LONGEST,
        "planned_least": least,
        "fitted": fitted,
        "one_block_more": min(LONGEST, fitted + 1),
        "offers": offers,
    }


def _known() -> Iterator[Shape]:
    """Yield the catalog's shapes and those of measured launches, where the planner understands them."""
    carried = yaml.safe_load(SHAPES.read_text("utf-8"))["shapes"].values()
    catalog = (model.shape for family in model_families() if (model := find_family(family)) is not None)
    yield from (shape for shape in (*catalog, *map(shape_from, carried)) if shape.attention != "other")


def _odd() -> Iterator[Shape]:
    """Yield shapes of kinds that the catalog has no model of: Kimi Delta Attention, values narrower than keys."""
    base = next(shape for shape in _known() if shape.attention == "uniform")
    yield replace(
        base, attention="hybrid-kda", layers=27, attention_layers=7, latent_dim=576, kv_heads=32, attention_heads=32,
        state_layers=20, conv_kernel=4, key_heads=32, key_dim=128, value_heads=32, value_dim=128,
    )  # fmt: skip
    yield replace(
        base, attention="sliding-window", layers=48, attention_layers=9, sliding_layers=39, window=128, kv_heads=4,
        head_dim=192, v_head_dim=128, sliding_kv_heads=8, sliding_head_dim=192, sliding_v_head_dim=128,
    )  # fmt: skip


def _random_shape(draw: Random) -> Shape:
    """Return a shape of any kind that the planner understands, with numbers as models have them."""
    kinds: tuple[Literal["uniform", "mla", "sliding-window", "hybrid-gdn", "hybrid-kda", "hybrid-mamba2"], ...]
    kinds = ("uniform", "mla", "sliding-window", "hybrid-gdn", "hybrid-kda", "hybrid-mamba2")
    kind = draw.choice(kinds)
    heads, layers = draw.choice((2, 4, 8, 16)), draw.randint(8, 96)
    others = draw.randint(1, layers - 1) if kind not in ("uniform", "mla") else 0
    shape = Shape(
        attention=kind,
        layers=layers,
        attention_layers=layers - others,
        hidden_size=4096,
        attention_heads=heads * draw.choice((1, 2, 8)),
        kv_heads=heads,
        head_dim=draw.choice((64, 80, 96, 128, 192, 256)),
        vocab_size=128_000,
        max_position_embeddings=131_072,
        mtp_layers=draw.choice((0, 1, 1, 3)),
    )
    if kind in ("mla", "hybrid-kda"):
        shape = replace(shape, latent_dim=draw.choice((288, 512, 576)))
    if kind == "mla" and draw.random() < 0.5:
        shape = replace(shape, index_layers=draw.randint(1, layers), index_dim=128)
    if kind == "sliding-window":
        own = draw.random() < 0.5
        return replace(
            shape,
            sliding_layers=others,
            window=draw.choice((128, 512, 1024, 4096)),
            sliding_kv_heads=draw.choice((heads, heads * 2, heads * 3)) if own else 0,
            sliding_head_dim=shape.head_dim // draw.choice((1, 2)) if own else 0,
        )
    if kind in ("hybrid-gdn", "hybrid-kda"):
        width, values = draw.choice((64, 128)), draw.choice((16, 32, 48))
        return replace(
            shape,
            state_layers=others,
            conv_kernel=4,
            key_heads=values if kind == "hybrid-kda" else 16,
            key_dim=width,
            value_heads=values,
            value_dim=width,
            state_width=4 if kind == "hybrid-kda" else draw.choice((2, 4)),
        )
    if kind == "hybrid-mamba2":
        return replace(
            shape,
            state_layers=others,
            conv_kernel=4,
            state_heads=draw.choice((64, 128)),
            state_head_dim=64,
            state_groups=draw.choice((1, 2, 8)),
            state_size=128,
            state_chunk=draw.choice((128, 256)),
        )
    return shape


def _drawn(draw: Random, shape: Shape, version: str) -> Case:
    """Return a launch of a shape with settings drawn from those that people use."""
    tensor = draw.choice((1, 1, 2, 4, 8))
    is_plain = shape.attention in ("uniform", "mla")
    drafts = draw.choice(("none", "none", "mtp" if shape.mtp_layers else "none", "ngram"))
    request = MemoryRequest(
        nodes=(SPARK,) * tensor,
        shape=shape,
        weight_bytes=None,
        quant="bf16",
        engine="vllm",
        engine_version=version,
        executor="mp",
        tensor=tensor,
        pipeline=draw.choice((1, 1, 1, 2, 3)) if is_plain and not shape.index_layers and drafts == "none" else 1,
        context_ranks=draw.choice((1, 1, tensor, max(1, tensor // 2))) if is_plain else 1,
        kv_cache_dtype=_cache_type(draw, shape, version),
        max_model_len=draw.choice((1_024, 4_096, 32_768, 100_001, 131_072, 196_608, 262_144, 1_048_576)),
        max_num_batched_tokens=draw.choice((512, 2_048, 8_192)),
        prefix_caching=draw.choice((None, True, False)),
        async_scheduling=draw.choice((None, None, False)),
        block_size=draw.choice((None, None, None, 32, 64, 256)),
        speculative=drafts,
        speculative_tokens=draw.choice((1, 2, 3, 7)),
    )
    return Case(request, draw.randint(GIB // 2, 90 * GIB))


def _cache_type(draw: Random, shape: Shape, version: str) -> str:
    if shape.latent_dim:
        packed = ("fp8_ds_mla",) if shape.attention == "mla" else ()
        return draw.choice(("auto", "bfloat16", "fp8", "fp8_e4m3", *packed))
    same_width = shape.v_head_dim in (0, shape.head_dim)
    # FlashInfer packs four bits from 0.22 on, and only keys and values of one width.
    packed = ("nvfp4",) if same_width and is_within(version, ">=0.22") else ()
    return draw.choice(("auto", "bfloat16", "fp8", "fp8_e5m2", *packed))


def _is_launched(request: MemoryRequest, version: str) -> bool:
    """Tell whether the engine would get as far as its cache: heads divide, the model is one that it has."""
    shape, tensor = request.shape, request.tensor
    assert shape is not None
    heads = (shape.kv_heads, shape.sliding_kv_heads or shape.kv_heads)
    if not shape.latent_dim and any(count % tensor and tensor % count for count in heads):
        return False
    if any(count % tensor for count in (shape.key_heads, shape.value_heads, shape.state_heads)):
        return False
    if shape.state_groups and shape.state_groups % tensor and tensor % shape.state_groups:
        return False
    has_m3 = is_within(version, ">=0.24")
    return has_m3 or not (shape.index_layers and shape.attention == "uniform")
