"""Read a model's shape out of a Hugging Face `config.json`; what is not understood is named, never guessed."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any

from sparkc.catalog.config_attention import with_attention
from sparkc.catalog.config_keys import Keys, RefusedError, known_keys, number, optional, whole_number
from sparkc.catalog.models import Shape


@dataclass(frozen=True)
class Configured:
    """What a config.json says.

    Args:
        architecture: its `model_type`; of the text part where there are several.
        model_class: the first of its `architectures`; None when it names none.
        quant: format of the weights in the catalog's words; `bf16` when the file names no quantisation.
    """

    architecture: str
    shape: Shape
    quant: str
    model_class: str | None = None


def read_config(text: str) -> Configured | str:
    """Return what a config.json says, or in words why it cannot be used."""
    try:
        return _configured(_mapping(text))
    except RefusedError as trouble:
        return str(trouble)


def model_class_in(text: str) -> str | None:
    """Return the first of the `architectures` that a config.json names; also of one that is not understood."""
    try:
        return _model_class(_mapping(text))
    except RefusedError:
        return None


def _model_class(whole: dict[str, Any]) -> str | None:
    named = whole.get("architectures")
    return named[0] if isinstance(named, list) and named and isinstance(named[0], str) else None


def weight_files(text: str) -> tuple[int, int] | str:
    """Return bytes and number of files from a `model.safetensors.index.json`, or in words why it cannot be used."""
    try:
        index = _mapping(text)
        metadata, files = index.get("metadata"), index.get("weight_map")
        if not isinstance(metadata, dict) or not isinstance(files, dict) or not files:
            raise RefusedError("the index has no `metadata` with `total_size` and no `weight_map`")
        return whole_number("total_size", metadata.get("total_size")), len({str(name) for name in files.values()})
    except RefusedError as trouble:
        return str(trouble)


def _mapping(text: str) -> dict[str, Any]:  # Any: JSON of unknown origin; each value is checked where it is used
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as trouble:
        raise RefusedError(f"it is not JSON: {str(trouble)[:80]}") from None
    if not isinstance(data, dict):
        raise RefusedError("it is JSON, but not an object")
    return data


def _configured(whole: dict[str, Any]) -> Configured:
    keys = known_keys(_text_part(whole))
    shape = with_attention(keys, _with_experts(keys, _plain(keys)))
    _contradictions(keys, shape)
    return Configured(keys.architecture, shape, _quant(whole), _model_class(whole))


def _text_part(whole: dict[str, Any]) -> dict[str, Any]:
    """Return the language model's part of a model with several.

    A part that names no `model_type` is of the class that belongs to the whole: `minimax_m3_vl` has
    `minimax_m3_vl_text`.
    """
    part = whole.get("text_config")
    if not isinstance(part, dict) or "num_hidden_layers" not in part:
        return whole
    return {"model_type": f"{whole.get('model_type')}_text", **part}


def _plain(keys: Keys) -> Shape:
    heads, hidden, layers = (
        number(keys, "num_attention_heads"),
        number(keys, "hidden_size"),
        number(keys, "num_hidden_layers"),
    )
    return Shape(
        attention=keys.kind,
        layers=layers,
        attention_layers=layers,
        hidden_size=hidden,
        attention_heads=heads,
        kv_heads=optional(keys, "num_key_value_heads") or heads,
        head_dim=optional(keys, "head_dim") or max(1, hidden // heads),
        vocab_size=number(keys, "vocab_size"),
        max_position_embeddings=number(keys, "max_position_embeddings"),
        # MiniMax M2 names modules (`num_mtp_modules`) that no published checkpoint can use; these count real layers.
        mtp_layers=optional(keys, "num_nextn_predict_layers", "mtp_num_hidden_layers"),
    )


def _with_experts(keys: Keys, shape: Shape) -> Shape:
    experts = optional(keys, "num_local_experts", "num_experts", "n_routed_experts")
    if not experts:
        return replace(shape, intermediate_size=optional(keys, "intermediate_size"))
    own_width = optional(keys, "moe_intermediate_size")
    return replace(
        shape,
        experts=experts,
        experts_per_token=number(keys, "num_experts_per_tok", "top_k_experts"),
        expert_intermediate_size=own_width or number(keys, "intermediate_size"),
        intermediate_size=optional(keys, "intermediate_size") if own_width else 0,
    )


def _contradictions(keys: Keys, shape: Shape) -> None:
    if shape.experts and shape.experts_per_token > shape.experts:
        raise RefusedError(f"a token visits {shape.experts_per_token} of {shape.experts} experts")
    if not shape.latent_dim and shape.attention_heads % shape.kv_heads:
        raise RefusedError(f"{shape.attention_heads} heads cannot share {shape.kv_heads} KV heads evenly")
    if not shape.latent_dim and keys.states("kv_lora_rank"):
        raise RefusedError(f"`kv_lora_rank` contradicts the architecture {keys.architecture}, which has KV heads")


def _quant(whole: dict[str, Any]) -> str:
    own = whole.get("quantization_config")
    if not isinstance(own, dict):
        return "bf16"
    method = str(own.get("quant_method", "")).lower()
    bits = own.get("bits", own.get("w_bit"))
    return {
        "fp8": "fp8",
        "mxfp4": "mxfp4",
        "awq": f"awq-int{bits}" if bits in (4, 8) else "awq",
        "gptq": f"gptq-int{bits}" if bits in (4, 8) else "gptq",
    }.get(method, _of_compressed_tensors(own))


def _of_compressed_tensors(own: dict[str, Any]) -> str:
    named = f"{own.get('format', '')} {own.get('quant_algo', '')}".lower()
    formats = {"nvfp4": "nvfp4", "float-quantized": "fp8", "fp8": "fp8", "pack-quantized": "w4a16"}
    return next((quant for word, quant in formats.items() if word in named), "unknown")
