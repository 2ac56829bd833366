"""How an engine lays out its KV cache, and what tokens cost in it. Exact where the layout is known."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from fractions import Fraction

from sparkc.catalog.models import Shape
from sparkc.catalog.versions import is_within
from sparkc.resolve.memory.amount import NOTHING, Band, ceil_div
from sparkc.resolve.memory.overhead import DEFAULT_BATCHED_TOKENS
from sparkc.resolve.memory.request import MemoryRequest
from sparkc.resolve.memory.states import DEFAULT_BLOCK, block_for_states, keeps_every_state, state_slots

SOURCE_VLLM = (
    "vLLM 0.33.0, vllm/v1/core/kv_cache_planning.py (kv_cache_utils.py before 0.31) and v1/kv_cache_interface.py "
    "(pages, groups, one request's need)"
)
SOURCE_SGLANG = (
    "SGLang 0.5.23, srt/model_executor/pool_configurator.py, DefaultPoolConfigurator: cell size of the token pool"
)

ROUND_PIN = 256 * 2**20
"""A pin is given in whole 256 MiB, which people can compare."""

MLA_FP8_BYTES = 656
"""Bytes per token and layer of `fp8_ds_mla` (vLLM 0.33.0)."""

_BYTES_PER_VALUE = {
    "auto": Fraction(2),
    "bfloat16": Fraction(2),
    "bf16": Fraction(2),
    "float16": Fraction(2),
    "fp8": Fraction(1),
    "fp8_e4m3": Fraction(1),
    "fp8_e5m2": Fraction(1),
    "fp8_ds_mla": Fraction(1),
    "int8": Fraction(1),
    "nvfp4": Fraction(9, 16),  # four bits and one byte of scale for every 16 values
}


@dataclass(frozen=True)
class CacheLayout:
    """The KV cache of one rank.

    Args:
        block_tokens: tokens of one block of an attention layer.
        bytes_per_block: one block in every layer of a group.
        full_groups: groups of layers that keep the whole context.
        sliding_groups: groups that keep the last `window` tokens.
        state_groups: groups with `state_slots` blocks per request, whatever its length.
        states_grow: state groups keep one more block for every block of the context.
        sliding_block: tokens of one block of a sliding layer; 0 is the same as `block_tokens`.
        side_bytes: per token and rank, in the same blocks: the index of sparse attention, the layers of a draft model.
            Low end: the index is not allocated.
        in_flight: tokens of the steps under way, which a sliding window holds in addition.
        held_back: blocks of the pool that no request ever gets.
        context_ranks: ranks over which the tokens of full attention are spread.
        token_bytes: bytes that one more token of a long context takes.
        formula: the arithmetic of `token_bytes`.
    """

    block_tokens: int
    bytes_per_block: int
    full_groups: int
    token_bytes: int
    formula: str
    source: str
    sliding_groups: int = 0
    state_groups: int = 0
    window: int = 0
    sliding_block: int = 0
    state_slots: int = 0
    states_grow: bool = False
    side_bytes: Band = NOTHING
    in_flight: int = 0
    held_back: int = 0
    context_ranks: int = 1

    def blocks_for(self, tokens: int) -> int:
        """Return how many blocks one request of so many tokens takes.

        ceil(len/block) for each full group; ceil(min(len, window-1+in_flight)/block)+1 for each sliding group; a fixed
        number for each group of states. Source: vLLM 0.33.0, v1/kv_cache_interface.py, max_memory_usage_bytes of each
        cache spec.
        """
        full = self.full_groups * ceil_div(ceil_div(tokens, self.context_ranks), self.block_tokens)
        seen = min(tokens, self.window - 1 + self.in_flight)
        block = self.sliding_block or self.block_tokens
        sliding = self.sliding_groups * (ceil_div(seen, block) + 1) if self.sliding_groups else 0
        grown = ceil_div(tokens, self.block_tokens) if self.states_grow else 0
        return full + sliding + self.state_groups * (self.state_slots + grown)

    @property
    def block_bytes(self) -> Band:
        """Return the bytes of one block with what stands beside it, in every layer of a group."""
        side, tokens = self.side_bytes, self.block_tokens
        own = Band.exactly(self.bytes_per_block)
        return own + Band(side.low * tokens, side.point * tokens, side.high * tokens)

    def need(self, tokens: int) -> Band:
        """Return the bytes that one request of so many tokens needs on one rank."""
        return self._bytes_of(self.blocks_for(tokens))

    def least_for(self, tokens: int) -> Band:
        """Return the least cache that serves one request of so many tokens, in bytes.

        Its blocks, and the one that vLLM's pool keeps for itself (v1/core/block_pool.py, null_block). From 0.29 on the
        check at start counts that block (v1/core/kv_cache_planning.py, get_kv_cache_configs); before, it lets a request
        start that the pool then never holds, and 0.18 counts the blocks of one group only.
        """
        return self._bytes_of(self.blocks_for(tokens) + self.held_back)

    def _bytes_of(self, blocks: int) -> Band:
        block = self.block_bytes
        return Band(block.low * blocks, block.point * blocks, block.high * blocks)

    def concurrency(self, available: int, tokens: int) -> Fraction:
        """Return how many requests of so many tokens fit into the available bytes, as vLLM's log prints it.

        blocks = floor(available / bytes per block); concurrency = blocks / blocks of one request. Source: vLLM 0.33.0,
        v1/core/kv_cache_utils.py, get_max_concurrency_for_kv_cache_config.
        """
        if available <= 0:
            return Fraction(0)
        return Fraction(available // self.block_bytes.point, self.blocks_for(tokens))

    def tokens_in(self, available: int, context: int) -> int:
        """Return how many tokens fit into the available bytes when requests are `context` long.

        The log of vLLM prints this from 0.21 on (get_kv_cache_capacity); before, blocks // groups * block, which is too
        low where layers differ.
        """
        return int(self.concurrency(available, context) * context)

    def longest_in(self, available: int, at_most: int) -> int:
        """Return the longest single request that fits into the available bytes, by bisection; 0 when none does."""
        low, high = 0, at_most
        while low < high:
            middle = (low + high + 1) // 2
            low, high = (middle, high) if self.least_for(middle).high <= available else (low, middle - 1)
        return low


def layout_of(request: MemoryRequest) -> CacheLayout | str:
    """Return the layout of one rank's cache, or in words why it cannot be computed."""
    shape = request.shape
    if shape is None:
        return "the model's shape is not known; state it in the spec or point to its config.json"
    width = _BYTES_PER_VALUE.get(request.kv_cache_dtype)
    if width is None:
        return f"nothing is known of the KV cache type {request.kv_cache_dtype}"
    if shape.attention == "other":
        return "the model's attention is of a kind that the planner does not understand"
    if request.speculative == "draft":
        unknown = _unknown_draft(request.draft_shape, shape)
        if unknown:
            return unknown
    if request.pipeline > 1 and shape.attention not in ("uniform", "mla"):
        return f"the model mixes layers ({shape.attention}) and how they spread over pipeline stages is not known"
    if request.is_sglang and shape.attention == "sliding-window":
        return "how SGLang splits its pool between full and sliding attention is not known"
    return _per_token(request, shape, width) if request.is_sglang else _grouped(request, shape, width)


def _unknown_draft(draft: Shape | None, shape: Shape) -> str:
    if draft is None:
        return (
            "the draft model keeps a cache of its own, and its shape is not known; name its config.json in "
            "serving.speculative.model.config"
        )
    if draft.attention != "uniform" or shape.attention not in ("uniform", "mla"):
        return (
            f"how layers of the draft ({draft.attention}) and of the model ({shape.attention}) share pages is not known"
        )
    return ""


def attention_bytes(request: MemoryRequest, shape: Shape, width: Fraction) -> tuple[int, str]:
    """Return bytes per token of one attention layer on one rank, with the arithmetic.

    2 * KV heads per rank * head_dim * width, where a rank holds ceil(KV heads / tensor) and at least one (a build with
    virtual sharding pads the heads up, which is the ceiling). MLA: latent width * bytes, the same on every rank;
    fp8_ds_mla: 656. Source: vLLM 0.33.0, kv_cache_interface.py.
    """
    if shape.latent_dim:
        if is_packed(request, shape):
            return MLA_FP8_BYTES, f"{MLA_FP8_BYTES} (fp8_ds_mla)"
        return math.ceil(shape.latent_dim * width), f"{shape.latent_dim} latent × {_plain(width)} bytes, on every rank"
    return _keys_and_values(request, shape.kv_heads, shape.head_dim, shape.v_head_dim, width)


def is_packed(request: MemoryRequest, shape: Shape) -> bool:
    """Tell whether a latent is kept as `fp8_ds_mla`, for which `fp8` is another name where attention is sparse."""
    if shape.attention == "mla" and shape.index_layers and not request.is_sglang:
        return request.kv_cache_dtype.startswith("fp8")
    return request.kv_cache_dtype == "fp8_ds_mla"


def sliding_bytes(request: MemoryRequest, shape: Shape, width: Fraction) -> int:
    """Return bytes per token of one sliding layer on one rank; its heads may differ from those of the full layers.

    Before vLLM 0.20 values are kept as wide as keys (v1/kv_cache_interface.py, SlidingWindowSpec without head_size_v).
    """
    heads, head_dim = shape.sliding_kv_heads or shape.kv_heads, shape.sliding_head_dim or shape.head_dim
    v_head_dim = shape.sliding_v_head_dim or (0 if shape.sliding_head_dim else shape.v_head_dim)
    if is_within(request.engine_version, "<0.20"):
        v_head_dim = 0
    return _keys_and_values(request, heads, head_dim, v_head_dim, width)[0]


def _keys_and_values(
    request: MemoryRequest, heads: int, head_dim: int, v_head_dim: int, width: Fraction
) -> tuple[int, str]:
    own = ceil_div(heads, request.tensor)
    padded = f" ({heads} padded to {own * request.tensor}, over {request.tensor} ranks)"
    of = padded if heads > request.tensor and heads % request.tensor else ""
    if v_head_dim:
        formula = f"{own} KV heads{of} × ({head_dim} + {v_head_dim}) × {_plain(width)} bytes"
        return math.ceil(own * (head_dim + v_head_dim) * width), formula
    return math.ceil(2 * own * head_dim * width), f"2 × {own} KV heads{of} × {head_dim} × {_plain(width)} bytes"


def _attention_layers(request: MemoryRequest, shape: Shape) -> int:
    drafts = shape.mtp_layers if request.speculative == "mtp" else 0
    return ceil_div(shape.attention_layers, request.pipeline) + drafts


def _grouped(request: MemoryRequest, shape: Shape, width: Fraction) -> CacheLayout | str:
    """Return vLLM's layout: layers in groups of one size that share a pool of equal blocks.

    group size = the smallest bucket of layers of one kind, or the largest if that is less than 1.5 times as large; the
    last group of a kind is padded. With states the block grows until it holds one:
    alignment * ceil(state / (alignment * bytes per token)). Layers with fewer bytes per token get longer blocks, so
    that all pages are alike. Source: vLLM 0.33.0, kv_cache_utils.py.
    """
    per_layer, formula = attention_bytes(request, shape, width)
    layers = _attention_layers(request, shape)
    index, draft = _side_bytes(request, shape), _draft_bytes(request, width)
    side = index + draft
    buckets = [count for count in (layers, shape.sliding_layers, shape.state_layers) if count]
    size = max(buckets) if 2 * max(buckets) < 3 * min(buckets) else min(buckets)
    block = request.block_size or DEFAULT_BLOCK
    if shape.state_layers:
        block = block_for_states(request, shape, per_layer)
    page, sliding_block = block * per_layer, block
    if shape.sliding_layers:
        alike = _alike(request, block, per_layer, sliding_bytes(request, shape, width))
        if isinstance(alike, str):
            return alike
        page, block, sliding_block = alike
    full_groups, state_groups = ceil_div(layers, size), ceil_div(shape.state_layers, size)
    grow = keeps_every_state(request, shape)
    # A page that was only filled up holds no more tokens than before.
    whole = ceil_div((full_groups + state_groups * grow) * size * page, block) + side.point
    return CacheLayout(
        block_tokens=block,
        bytes_per_block=size * page,
        full_groups=full_groups,
        token_bytes=ceil_div(whole, request.context_ranks),
        formula=f"{full_groups * size} layers × {formula}{_side_formula(request, shape, draft)}{_spread(request)}",
        source=SOURCE_VLLM,
        sliding_groups=ceil_div(shape.sliding_layers, size),
        state_groups=state_groups,
        window=shape.window,
        sliding_block=sliding_block,
        state_slots=state_slots(request, shape) if shape.state_layers else 0,
        states_grow=grow,
        side_bytes=side,
        in_flight=_in_flight(request, shape),
        held_back=1,
        context_ranks=request.context_ranks,
    )


def _alike(request: MemoryRequest, block: int, full: int, sliding: int) -> tuple[int, int, int] | str:
    """Return one page in bytes for full and sliding layers, and the tokens that each kind keeps in it.

    The smaller page gets blocks that are longer by a whole factor. Where there is none it is filled up, from vLLM 0.24
    on, by attention backends that can; before, it refuses (vLLM 0.33.0, v1/core/kv_cache_planning.py,
    unify_kv_cache_spec_page_size). From 0.25 to 0.29
    a window starts from the smallest block of its kernels, whatever `--block-size` says; otherwise from that block,
    as far as kernels take multiples of 16 (model_executor/layers/attention/attention.py, get_kv_cache_spec).
    """
    start = DEFAULT_BLOCK if is_within(request.engine_version, ">=0.25,<0.30") else block
    pages = (block * full, start * sliding)
    page = max(pages)
    if page % min(pages) and is_within(request.engine_version, "<0.24"):
        return f"pages of {full} and {sliding} bytes per token cannot be made alike before vLLM 0.24, which refuses"
    block, start = (
        tokens * page // own if page % own == 0 else tokens for tokens, own in zip((block, start), pages, strict=True)
    )
    return page, block, start


def _in_flight(request: MemoryRequest, shape: Shape) -> int:
    """Return the tokens that a window keeps beside its own until they are settled.

    Those of one step, of two from vLLM 0.26 on, where async scheduling overlaps them unless it is switched off
    (config/vllm.py, max_in_flight_tokens and max_concurrent_batches). From 0.28 on also what several MTP layers read
    again, one less than is drafted (v1/kv_cache_interface.py, SlidingWindowSpec.extra_retained_tokens).
    """
    steps = 1 if request.async_scheduling is False or is_within(request.engine_version, "<0.26") else 2
    chained = request.speculative == "mtp" and min(shape.mtp_layers, request.speculative_tokens) > 1
    again = request.speculative_tokens - 1 if chained and not is_within(request.engine_version, "<0.28") else 0
    return (request.max_num_batched_tokens or DEFAULT_BATCHED_TOKENS) * steps + again


def _per_token(request: MemoryRequest, shape: Shape, width: Fraction) -> CacheLayout:
    """Return SGLang's layout: a pool of single tokens. States stand in a pool of their own."""
    per_layer, formula = attention_bytes(request, shape, width)
    layers = _attention_layers(request, shape)
    index, draft = _side_bytes(request, shape), _draft_bytes(request, width)
    side = index + draft
    return CacheLayout(
        block_tokens=1,
        bytes_per_block=layers * per_layer,
        full_groups=1,
        token_bytes=layers * per_layer + side.point,
        formula=f"{layers} layers × {formula}{_side_formula(request, shape, draft)}",
        source=SOURCE_SGLANG,
        side_bytes=side,
    )


def _side_bytes(request: MemoryRequest, shape: Shape) -> Band:
    """Return bytes per token of the index beside sparse attention, on every rank.

    Beside a latent: index_dim values of 8 bits and a scale of 32 bits for every 128, in each index layer and once more
    for each layer of multi-token prediction, whatever the cache's own type (vLLM 0.33.0,
    model_executor/models/deepseek_v2.py, Indexer). Else index_dim in 16 bits (vLLM 0.33.0,
    models/minimax_m3/common/indexer.py, MiniMaxM3IndexerCache); reports of MiniMax M3 imply about 10 KB per token and
    rank where this gives 14.6 KB, so its low end is nothing (tonyd2wild/MiniMax-M3-AWQ-1M-NVFP4-KV-4x-DGX-Spark).
    """
    if shape.attention == "mla":
        return Band.exactly(index_layers_of(request, shape) * _latent_index_bytes(shape))
    index = shape.index_layers * shape.index_dim * 2
    return Band(0, index, index)


def _latent_index_bytes(shape: Shape) -> int:
    return shape.index_dim + shape.index_dim // 128 * 4


def index_layers_of(request: MemoryRequest, shape: Shape) -> int:
    """Return how many layers keep an index of sparse attention, those of multi-token prediction included."""
    drafts = shape.mtp_layers if shape.index_layers and request.speculative == "mtp" else 0
    return shape.index_layers + drafts


def _draft_bytes(request: MemoryRequest, width: Fraction) -> Band:
    """Return bytes per token of a draft model's own layers, in the cache's type.

    The ranks share its heads as they share the model's; with a tensor parallel size of its own, 1, each may keep all.
    """
    draft = request.draft_shape
    if request.speculative != "draft" or draft is None:
        return NOTHING
    shared, _ = _keys_and_values(request, draft.kv_heads, draft.head_dim, draft.v_head_dim, width)
    whole, _ = _keys_and_values(replace(request, tensor=1), draft.kv_heads, draft.head_dim, draft.v_head_dim, width)
    return Band(draft.layers * shared, draft.layers * shared, draft.layers * whole)


def _side_formula(request: MemoryRequest, shape: Shape, draft: Band) -> str:
    text = ""
    if shape.index_layers:
        width = f"{_latent_index_bytes(shape)}" if shape.attention == "mla" else f"{shape.index_dim} × 2"
        text = f" + {index_layers_of(request, shape)} index layers × {width} bytes"
    return f"{text} + {draft.point:,} bytes of the draft" if draft.point else text


def _spread(request: MemoryRequest) -> str:
    return f", over {request.context_ranks} ranks" if request.context_ranks > 1 else ""


def round_pin(amount: int) -> int:
    """Return bytes for a pinned cache, in whole 256 MiB, never below 0."""
    return max(0, amount - amount % ROUND_PIN)


def with_fp8(request: MemoryRequest) -> MemoryRequest:
    """Return the same request with an fp8 cache."""
    return replace(request, kv_cache_dtype="fp8")


def is_wide(request: MemoryRequest) -> bool:
    """Tell whether the cache holds 16 bits per value, so that fp8 would halve it."""
    return _BYTES_PER_VALUE.get(request.kv_cache_dtype) == Fraction(2)


def _plain(width: Fraction) -> str:
    return str(width.numerator) if width.denominator == 1 else f"{float(width):g}"
