"""What the planner is asked: a model, a layout, an engine's settings, and the nodes."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import Literal

from sparkc.catalog.models import Attention, Shape

LARGEST = 2**60
"""Numbers beyond this are not amounts of anything that can be bought; they are answered with "unknown"."""


@dataclass(frozen=True)
class NodeRequest:
    """One node as the planner sees it.

    Args:
        name: for messages.
        total: bytes that one accelerator reports; on unified memory the whole machine's pool.
        unified: host and accelerator share the pool.
        reserved: bytes that other services on the node keep.
        object_store: cap of Ray's object store in bytes; None leaves it to Ray's own default.
        shared_memory: size of the container's own /dev/shm in bytes; None where it is the host's, which caps nothing.
        ranks: accelerators of the node that hold a part of the model. Amounts are always those of one of them.
    """

    name: str
    total: int
    unified: bool
    reserved: int = 0
    object_store: int | None = None
    shared_memory: int | None = None
    ranks: int = 1


@dataclass(frozen=True)
class Measurement:
    """What the log of an earlier boot of the same model, quant, layout and engine reported for one rank.

    Args:
        total: bytes of the device.
        fraction: gpu_memory_utilization of that boot.
        kv_bytes: `Available KV cache memory`.
        source: where the log stands.
        weights, graphs: bytes that the log names for them; None leaves the estimate.
        max_num_batched_tokens: of that boot; None is the same as now.
        tensor: ranks of that boot; None is the same as now.
    """

    total: int
    fraction: float
    kv_bytes: int
    source: str
    weights: int | None = None
    graphs: int | None = None
    max_num_batched_tokens: int | None = None
    tensor: int | None = None


@dataclass(frozen=True)
class Alternative:
    """Another checkpoint of the same model, offered as a way out when this one does not fit."""

    id: str
    quant: str
    weight_bytes: int


@dataclass(frozen=True)
class MemoryRequest:
    """Everything that memory depends on. None means unknown, and leads to an answer that says so.

    Args:
        weight_bytes: all weight files of the checkpoint together.
        context_ranks: ranks over which the tokens of one request are spread (decode context parallel).
        fraction: gpu_memory_utilization (of the total) or mem_fraction_static (of what is free before loading).
        kv_cache_memory_bytes: the pin of the KV cache per rank; sizes the cache instead of the fraction.
        max_model_len: None takes the model's own limit, as the engines do.
        max_num_batched_tokens: None takes 2048, vLLM's default on GB10.
        cuda_graphs: whether graphs are captured; None means the engine's default, which is yes.
        prefix_caching, async_scheduling: None takes the engine's default for the model.
        load_format: loader of the weights, None for the engine's default.
        block_size: KV block in tokens; None takes 16.
        speculative: kind of draft: none, ngram, mtp (inside the checkpoint), draft (a model of its own).
        draft_weight_bytes: all weight files of a draft model; 0 where `weight_bytes` holds them, None when not known.
        draft_shape: shape of a draft model; None when not known.
        ray_threshold: share of the node's memory at which Ray kills; None when its monitor is off.
        alternatives: smaller checkpoints of the same model.
    """

    nodes: tuple[NodeRequest, ...]
    shape: Shape | None
    weight_bytes: int | None
    quant: str
    engine: Literal["vllm", "sglang", "vllm-ascend"]
    engine_version: str | None
    executor: str
    tensor: int = 1
    pipeline: int = 1
    data: int = 1
    expert: int = 1
    context_ranks: int = 1
    fraction: float | None = None
    kv_cache_memory_bytes: int | None = None
    kv_cache_dtype: str = "auto"
    max_model_len: int | None = None
    max_num_seqs: int | None = None
    max_num_batched_tokens: int | None = None
    cuda_graphs: bool | None = None
    prefix_caching: bool | None = None
    async_scheduling: bool | None = None
    load_format: str | None = None
    block_size: int | None = None
    speculative: Literal["none", "ngram", "mtp", "draft"] = "none"
    speculative_tokens: int = 0
    draft_weight_bytes: int | None = None
    draft_shape: Shape | None = None
    ray_threshold: float | None = 0.95
    measurement: Measurement | None = None
    alternatives: tuple[Alternative, ...] = ()

    @property
    def is_sglang(self) -> bool:
        """Tell whether the fraction is one of the memory free before loading."""
        return self.engine == "sglang"

    @property
    def context(self) -> int | None:
        """Return the longest request that must fit, in tokens; None when neither spec nor model tells."""
        if self.max_model_len is not None:
            return self.max_model_len
        return self.shape.max_position_embeddings if self.shape else None

    @property
    def fraction_word(self) -> str:
        """Return what the engine calls its fraction."""
        return "mem_fraction_static" if self.is_sglang else "gpu_memory_utilization"


def nonsense_in(request: MemoryRequest) -> str | None:
    """Return what cannot be planned with, in words, or None. Everything after it may divide and compare freely."""
    sizes = {
        "tensor": request.tensor,
        "pipeline": request.pipeline,
        "data": request.data,
        "expert": request.expert,
        "context_ranks": request.context_ranks,
        **{f"total of {node.name}": node.total for node in request.nodes},
    }
    amounts = {
        "max_model_len": request.max_model_len,
        "max_num_seqs": request.max_num_seqs,
        "max_num_batched_tokens": request.max_num_batched_tokens,
        "block_size": request.block_size,
        "weight bytes": request.weight_bytes,
        "kv_cache_memory_bytes": request.kv_cache_memory_bytes,
    }
    positive = sizes | {name: amount for name, amount in amounts.items() if amount is not None}
    for name, amount in positive.items():
        if not 1 <= amount <= LARGEST:
            return f"{name} is {amount}, a number between 1 and {LARGEST} is wanted"
    for node in request.nodes:
        if min(node.reserved, node.object_store or 0, node.shared_memory or 0) < 0:
            return f"{node.name} reserves less than nothing"
    if not 0 <= (request.draft_weight_bytes or 0) <= LARGEST:
        return f"the draft model's weight bytes are {request.draft_weight_bytes}"
    return (
        _nonsense_in_shares(request)
        or _nonsense_in_shape("model", request.shape)
        or _nonsense_in_shape("draft model", request.draft_shape)
        or _nonsense_in_boot(request.measurement)
    )


def _nonsense_in_shares(request: MemoryRequest) -> str | None:
    for name, share in ((request.fraction_word, request.fraction), ("Ray's threshold", request.ray_threshold)):
        if share is not None and not (math.isfinite(share) and 0 < share <= 1):
            return f"{name} is {share}, a share above 0 and up to 1 is wanted"
    if not 0 <= request.speculative_tokens <= 1024:
        return f"the number of speculative tokens is {request.speculative_tokens}"
    return None


def _nonsense_in_boot(boot: Measurement | None) -> str | None:
    if boot is None:
        return None
    if not (1 <= boot.total <= LARGEST and math.isfinite(boot.fraction) and 0 < boot.fraction <= 1):
        return f"the measurement has a total of {boot.total} bytes and a fraction of {boot.fraction}"
    told = boot.kv_bytes + (boot.weights or 0) + (boot.graphs or 0)
    if min(boot.kv_bytes, boot.weights or 0, boot.graphs or 0) < 0 or told > boot.total * boot.fraction:
        return (
            f"the measurement contradicts itself: cache, weights and graphs come to {told} bytes, and "
            f"{boot.fraction:g} of {boot.total} bytes hold them"
        )
    return None


def _nonsense_in_shape(whose: str, shape: Shape | None) -> str | None:
    if shape is None:
        return None
    for field in fields(shape):
        amount = getattr(shape, field.name)
        least = 1 if field.name in _ALWAYS | _FOR_ATTENTION[shape.attention] else 0
        if isinstance(amount, int) and not least <= amount <= LARGEST:
            return f"the {whose}'s {field.name} is {amount}, a number from {least} up is wanted"
    return None


_ALWAYS = frozenset(("layers", "attention_layers", "attention_heads", "kv_heads", "head_dim", "hidden_size"))
_ALWAYS |= {"vocab_size", "max_position_embeddings", "state_width", "state_chunk"}
_FOR_ATTENTION: dict[Attention, frozenset[str]] = {
    "uniform": frozenset(),
    "other": frozenset(),
    "mla": frozenset(("latent_dim",)),
    "sliding-window": frozenset(("sliding_layers", "window")),
    "hybrid-gdn": frozenset(("state_layers", "key_heads", "key_dim", "value_heads", "value_dim")),
    "hybrid-kda": frozenset(("latent_dim", "state_layers", "key_heads", "key_dim", "value_heads", "value_dim")),
    "hybrid-mamba2": frozenset(("state_layers", "state_heads", "state_head_dim", "state_size")),
}
