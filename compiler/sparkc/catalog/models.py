"""Look up what a model is: its shape, its checkpoints, the parsers and sampling it wants."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cache
from typing import Any, Literal

from sparkc.catalog.data import load, names
from sparkc.catalog.evidence import Evidence, evidence_from

GIB = 2**30

Attention = Literal["uniform", "mla", "sliding-window", "hybrid-gdn", "hybrid-kda", "hybrid-mamba2", "other"]
"""How a model remembers its context; `other` is known to exist and not to be understood by the planner."""


@dataclass(frozen=True)
class Shape:
    """The numbers of a model's `config.json` that memory depends on.

    Args:
        attention: how context is remembered; decides which of the fields below matter.
        layers: all decoder layers, without MTP modules.
        attention_layers: layers that keep keys and values for the whole context.
        head_dim: width of one key or value head.
        experts: routed experts per layer; 0 for a dense model.
        expert_intermediate_size: width of one expert; 0 for a dense model.
        intermediate_size: width of the dense feed-forward layers; 0 when there are none.
        mtp_layers: extra attention layers that multi-token prediction adds while it is switched on.
        v_head_dim: width of a value head where it differs from that of a key head.
        latent_dim: mla, hybrid-kda: width of the shared latent per token and layer (`kv_lora_rank + qk_rope_head_dim`).
        sliding_layers, window: sliding-window: layers that only see the last `window` tokens.
        sliding_kv_heads, sliding_head_dim, sliding_v_head_dim: their KV heads and widths where they differ.
        state_layers: hybrids: layers with a fixed state per request instead of a cache that grows.
        conv_kernel: hybrids: length of the short convolution.
        key_heads, key_dim, value_heads, value_dim: hybrid-gdn, hybrid-kda: heads and widths of the linear attention.
        state_heads, state_head_dim, state_groups, state_size: hybrid-mamba2: heads, their width, groups, state size.
        state_width: hybrids: bytes of one number of the state; 2 where neither engine nor file asks for 32 bits.
        state_chunk: hybrid-mamba2: tokens that its kernels take at once.
        index_layers, index_dim: layers of sparse attention that keep a side index per token, and its width.
    """

    attention: Attention
    layers: int
    attention_layers: int
    hidden_size: int
    attention_heads: int
    kv_heads: int
    head_dim: int
    vocab_size: int
    max_position_embeddings: int
    experts: int = 0
    experts_per_token: int = 0
    expert_intermediate_size: int = 0
    intermediate_size: int = 0
    mtp_layers: int = 0
    v_head_dim: int = 0
    latent_dim: int = 0
    sliding_layers: int = 0
    window: int = 0
    sliding_kv_heads: int = 0
    sliding_head_dim: int = 0
    sliding_v_head_dim: int = 0
    state_layers: int = 0
    conv_kernel: int = 0
    key_heads: int = 0
    key_dim: int = 0
    value_heads: int = 0
    value_dim: int = 0
    state_heads: int = 0
    state_head_dim: int = 0
    state_groups: int = 0
    state_size: int = 0
    state_width: int = 4
    state_chunk: int = 128
    index_layers: int = 0
    index_dim: int = 0


@dataclass(frozen=True)
class Boot:
    """What the log of one boot of a checkpoint reported for one rank; amounts in bytes.

    Args:
        total: memory of the device, `fraction` of it was the engine's (gpu_memory_utilization).
        kv_bytes: `Available KV cache memory`.
        weights, graphs: `Model loading took`, and what was taken off the cache for graphs; None when not logged.
        max_num_batched_tokens: tokens of one step; None when not known.
    """

    hardware: str
    engine: str
    tensor: int
    total: int
    fraction: float
    kv_bytes: int
    weights: int | None
    graphs: int | None
    max_num_batched_tokens: int | None
    evidence: Evidence


@dataclass(frozen=True)
class Checkpoint:
    """One published set of weight files.

    Args:
        id: Hub repository.
        quant: format of the weights: bf16, fp8, nvfp4, mxfp4, awq-int4, …
        bytes: size on disk; None when no public source tells.
        loaded_bytes: what an engine reported after loading it whole on one rank; None when no log was found.
        shards: number of weight files; None when unknown.
        max_position_embeddings: longest context of its `config.json`; the shape's where the sources do not differ.
        model_class: the first of its `architectures`; the family's where they do not differ, None when not known.
        evidence: where the size comes from.
        boots: what boots of it reported, without drafting; the planner calibrates on one of the same layout.
    """

    id: str
    quant: str
    bytes: int | None
    shards: int | None
    max_position_embeddings: int
    evidence: Evidence
    loaded_bytes: int | None = None
    model_class: str | None = None
    boots: tuple[Boot, ...] = ()

    @property
    def weight_bytes(self) -> int | None:
        """Return the best figure for memory: what was loaded, else what stands on disk, else None."""
        return self.loaded_bytes or self.bytes


@dataclass(frozen=True)
class Parsers:
    """Parser names that an engine knows for a model.

    Args:
        tool: for `--tool-call-parser`.
        reasoning: for `--reasoning-parser`; the first is the one to propose.
    """

    engine: str
    tool: str | None
    reasoning: tuple[str, ...]
    evidence: Evidence


@dataclass(frozen=True)
class Sampling:
    """Sampling that the model's authors ask for, as members of an OpenAI-style request."""

    parameters: tuple[tuple[str, float | int], ...]
    evidence: Evidence


@dataclass(frozen=True)
class Model:
    """A family of checkpoints with one architecture.

    Args:
        family: what rules and known-bad tuples call it (`minimax-m2`).
        architecture: `model_type` of its `config.json`.
        model_class: the first of its `architectures`, by which an engine finds its own class; None when not known.
        parsers: per engine.
        sampling: None when no public source was found: do not make one up.
        remote_code: engines whose published launches of this model pass `--trust-remote-code`.
        native_since: (engine, version) from which the engine's own registry has the model; empty when not looked up.
        control_tokens: text that shows a parser or template is wrong when it appears in an answer.
    """

    family: str
    title: str
    architecture: str
    model_class: str | None
    shape: Shape
    checkpoints: tuple[Checkpoint, ...]
    parsers: tuple[Parsers, ...]
    sampling: Sampling | None
    remote_code: tuple[str, ...]
    native_since: tuple[tuple[str, str], ...]
    control_tokens: tuple[str, ...]
    evidence: Evidence

    def parsers_for(self, engine: str) -> Parsers | None:
        """Return the parser names for an engine; vllm-ascend uses vLLM's when it has none of its own."""
        by_engine = {parsers.engine: parsers for parsers in self.parsers}
        return by_engine.get(engine) or (by_engine.get("vllm") if engine == "vllm-ascend" else None)


def model_families() -> tuple[str, ...]:
    """Return the names of all families, sorted."""
    return names("models")


def find_family(family: str) -> Model | None:
    """Return a model by its family's name, or None when the catalog does not know it."""
    return _read(family) if family in model_families() else None


def find_model(hub_id: str) -> tuple[Model, Checkpoint] | None:
    """Return the model behind a Hub repository and the checkpoint in it, or None. Letter case does not matter."""
    return _by_hub_id().get(hub_id.casefold())


@cache
def _by_hub_id() -> dict[str, tuple[Model, Checkpoint]]:
    models = (_read(family) for family in model_families())
    return {checkpoint.id.casefold(): (model, checkpoint) for model in models for checkpoint in model.checkpoints}


@cache
def _read(family: str) -> Model:
    data = load("models", family)
    shape = shape_from(data["shape"])
    sampling = data["sampling"]
    return Model(
        family=data["family"],
        title=data["title"],
        architecture=data["architecture"],
        model_class=data.get("model_class"),
        shape=shape,
        checkpoints=tuple(_checkpoint(entry, shape, data.get("model_class")) for entry in data["checkpoints"]),
        parsers=tuple(
            Parsers(engine, entry["tool"], tuple(entry["reasoning"]), evidence_from(entry["evidence"]))
            for engine, entry in data["parsers"].items()
        ),
        sampling=Sampling(tuple(sampling["parameters"].items()), evidence_from(sampling["evidence"]))
        if sampling
        else None,
        remote_code=tuple(data["remote_code"]),
        native_since=tuple(data["native_since"].items()),
        control_tokens=tuple(data["control_tokens"]),
        evidence=evidence_from(data["shape"]["evidence"]),
    )


def shape_from(data: dict[str, Any]) -> Shape:  # Any: plain data from YAML
    """Return the shape written in a model's data; `attention_layers` is all layers where it is left out."""
    known = {field.name for field in fields(Shape)}
    values = {key: value for key, value in data.items() if key in known}
    return Shape(**{"attention_layers": data["layers"], **values})


def _checkpoint(
    entry: dict[str, Any], shape: Shape, model_class: str | None
) -> Checkpoint:  # Any: plain data from YAML
    return Checkpoint(
        id=entry["id"],
        quant=entry["quant"],
        bytes=entry["bytes"],
        shards=entry["shards"],
        max_position_embeddings=entry.get("max_position_embeddings", shape.max_position_embeddings),
        evidence=evidence_from(entry["evidence"]),
        loaded_bytes=entry.get("loaded_bytes"),
        model_class=entry.get("model_class", model_class),
        boots=tuple(_boot(boot) for boot in entry.get("boots", ())),
    )


def _boot(entry: dict[str, Any]) -> Boot:  # Any: plain data from YAML
    return Boot(
        hardware=entry["hardware"],
        engine=entry["engine"],
        tensor=entry["tensor"],
        total=round(entry["total_gib"] * GIB),
        fraction=entry["fraction"],
        kv_bytes=round(entry["kv_gib"] * GIB),
        weights=round(entry["weights_gib"] * GIB) if "weights_gib" in entry else None,
        graphs=round(entry["graphs_gib"] * GIB) if "graphs_gib" in entry else None,
        max_num_batched_tokens=entry.get("max_num_batched_tokens"),
        evidence=evidence_from(entry["evidence"]),
    )
