"""Read a model's shape out of a Hugging Face `config.json`; what is not understood is named, never guessed."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sparkc.catalog.data import load
from sparkc.catalog.models import Attention, Shape

LARGEST = 2**50


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


class _RefusedError(Exception):
    """Something in the file is missing, contradictory, or of a kind that is not known."""


def read_config(text: str) -> Configured | str:
    """Return what a config.json says, or in words why it cannot be used."""
    try:
        return _configured(_mapping(text))
    except _RefusedError as trouble:
        return str(trouble)


def model_class_in(text: str) -> str | None:
    """Return the first of the `architectures` that a config.json names; also of one that is not understood."""
    try:
        return _model_class(_mapping(text))
    except _RefusedError:
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
            raise _RefusedError("the index has no `metadata` with `total_size` and no `weight_map`")
        return _number(metadata, "total_size"), len({str(name) for name in files.values()})
    except _RefusedError as trouble:
        return str(trouble)


def _mapping(text: str) -> dict[str, Any]:  # Any: JSON of unknown origin; each value is checked where it is used
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as trouble:
        raise _RefusedError(f"it is not JSON: {str(trouble)[:80]}") from None
    if not isinstance(data, dict):
        raise _RefusedError("it is JSON, but not an object")
    return data


def _configured(whole: dict[str, Any]) -> Configured:
    config = _text_part(whole)
    architecture = config.get("model_type")
    known: dict[str, Attention] = load("memory", "architectures")["architectures"]
    if not isinstance(architecture, str):
        raise _RefusedError("it names no `model_type`")
    if architecture not in known:
        raise _RefusedError(
            f"the architecture {architecture[:60]} is not understood; wanted one of {', '.join(sorted(known))}"
        )
    kind = known[architecture]
    if kind == "sliding-window" and not _slides(config):
        kind = "uniform"
    shape = _with_experts(config, _plain(config, kind))
    shape = _KINDS[kind](config, shape)
    _contradictions(config, shape)
    return Configured(architecture, shape, _quant(whole), _model_class(whole))


def _text_part(whole: dict[str, Any]) -> dict[str, Any]:
    """Return the language model's part of a model with several."""
    part = whole.get("text_config")
    return part if isinstance(part, dict) and "num_hidden_layers" in part else whole


# --- numbers ---------------------------------------------------------------------------------------------------------


def _number(config: Mapping[str, Any], *names: str) -> int:
    """Return the first of these keys that is there."""
    found = _optional(config, *names)
    if found == 0:
        raise _RefusedError(f"`{names[0]}` is missing or 0, and it decides how much memory a token takes")
    return found


def _optional(config: Mapping[str, Any], *names: str) -> int:
    for name in names:
        value = config.get(name)
        if value is None:
            continue
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= LARGEST:
            raise _RefusedError(f"`{name}` is {str(value)[:40]}, wanted a whole number from 0 to 2^50")
        return value
    return 0


def _plain(config: dict[str, Any], kind: Attention) -> Shape:
    heads, hidden, layers = (
        _number(config, "num_attention_heads"),
        _number(config, "hidden_size"),
        _number(config, "num_hidden_layers"),
    )
    return Shape(
        attention=kind,
        layers=layers,
        attention_layers=layers,
        hidden_size=hidden,
        attention_heads=heads,
        kv_heads=_optional(config, "num_key_value_heads") or heads,
        head_dim=_optional(config, "head_dim") or max(1, hidden // heads),
        vocab_size=_number(config, "vocab_size"),
        max_position_embeddings=_number(config, "max_position_embeddings"),
        # MiniMax M2 names modules that no published checkpoint can use; other keys count real layers.
        mtp_layers=_optional(config, "num_nextn_predict_layers", "mtp_num_hidden_layers"),
    )


def _with_experts(config: dict[str, Any], shape: Shape) -> Shape:
    experts = _optional(config, "num_local_experts", "num_experts", "n_routed_experts")
    if not experts:
        return replace(shape, intermediate_size=_optional(config, "intermediate_size"))
    own_width = _optional(config, "moe_intermediate_size")
    return replace(
        shape,
        experts=experts,
        experts_per_token=_number(config, "num_experts_per_tok", "top_k_experts"),
        expert_intermediate_size=own_width or _number(config, "intermediate_size"),
        intermediate_size=_optional(config, "intermediate_size") if own_width else 0,
    )


# --- kinds of attention ----------------------------------------------------------------------------------------------


def _uniform(_: dict[str, Any], shape: Shape) -> Shape:
    return shape


def _latent(config: dict[str, Any], shape: Shape) -> Shape:
    latent = _number(config, "kv_lora_rank") + _optional(config, "qk_rope_head_dim")
    wide = _optional(config, "qk_nope_head_dim") + _optional(config, "qk_rope_head_dim")
    if config.get("index_topk") is not None:
        raise _RefusedError("it attends sparsely (`index_topk`), and the file does not say which layers keep an index")
    return replace(shape, latent_dim=latent, head_dim=wide or shape.head_dim)


def _slides(config: dict[str, Any]) -> bool:
    return config.get("use_sliding_window") is not False and bool(
        _optional(config, "sliding_window", "sliding_window_size")
    )


def _sliding(config: dict[str, Any], shape: Shape) -> Shape:
    pattern = config.get("hybrid_layer_pattern")
    if isinstance(pattern, list):
        kinds = ["sliding_attention" if layer else "full_attention" for layer in pattern]
    else:
        kinds = list(_layer_types(config, shape.layers))
    counts = _counted(kinds, shape.layers, ("full_attention", "sliding_attention"))
    own_heads = _optional(config, "num_global_key_value_heads")
    own_width = _optional(config, "global_head_dim")
    slid = replace(
        shape,
        attention_layers=counts["full_attention"],
        sliding_layers=counts["sliding_attention"],
        window=_number(config, "sliding_window", "sliding_window_size"),
        v_head_dim=_optional(config, "v_head_dim"),
        sliding_kv_heads=_optional(config, "swa_num_key_value_heads"),
        sliding_head_dim=_optional(config, "swa_head_dim"),
        sliding_v_head_dim=_optional(config, "swa_v_head_dim"),
    )
    if own_heads or own_width:
        # Gemma 4: the plain numbers are those of the sliding layers, the global ones those of the full layers.
        slid = replace(
            slid,
            sliding_kv_heads=shape.kv_heads,
            sliding_head_dim=shape.head_dim,
            kv_heads=own_heads or shape.kv_heads,
            head_dim=own_width or shape.head_dim,
        )
    return slid


def _gated_delta(config: dict[str, Any], shape: Shape) -> Shape:
    counts = _counted(list(_layer_types(config, shape.layers)), shape.layers, ("full_attention", "linear_attention"))
    return replace(
        shape,
        attention_layers=counts["full_attention"],
        state_layers=counts["linear_attention"],
        conv_kernel=_number(config, "linear_conv_kernel_dim"),
        key_heads=_number(config, "linear_num_key_heads"),
        key_dim=_number(config, "linear_key_head_dim"),
        value_heads=_number(config, "linear_num_value_heads"),
        value_dim=_number(config, "linear_value_head_dim"),
    )


def _kimi_delta(config: dict[str, Any], shape: Shape) -> Shape:
    own = config.get("linear_attn_config")
    if not isinstance(own, dict):
        raise _RefusedError("`linear_attn_config` is missing, and it says which layers keep a state")
    states, full = own.get("kda_layers"), own.get("full_attn_layers")
    if not isinstance(states, list) or not isinstance(full, list) or len(states) + len(full) != shape.layers:
        raise _RefusedError(f"`kda_layers` and `full_attn_layers` do not name {shape.layers} layers together")
    heads, width = _number(own, "num_heads"), _number(own, "head_dim")
    return replace(
        _latent(config, shape),
        attention_layers=len(full),
        state_layers=len(states),
        conv_kernel=_number(own, "short_conv_kernel_size"),
        key_heads=heads,
        key_dim=width,
        value_heads=heads,
        value_dim=width,
    )


def _mamba(config: dict[str, Any], shape: Shape) -> Shape:
    pattern = config.get("hybrid_override_pattern")
    if not isinstance(pattern, str):
        raise _RefusedError("`hybrid_override_pattern` is missing, and it says which layers keep a state")
    names = {"M": "mamba", "*": "attention", "-": "dense", "E": "experts"}
    strange = sorted(set(pattern) - set(names))
    if strange:
        raise _RefusedError(f"`hybrid_override_pattern` holds {strange[0]!r}, wanted M, *, - and E")
    counts = _counted([names[letter] for letter in pattern], shape.layers, tuple(names.values()))
    return replace(
        shape,
        attention_layers=counts["attention"],
        state_layers=counts["mamba"],
        conv_kernel=_number(config, "conv_kernel"),
        state_heads=_number(config, "mamba_num_heads"),
        state_head_dim=_number(config, "mamba_head_dim"),
        state_groups=_number(config, "n_groups"),
        state_size=_number(config, "ssm_state_size"),
    )


_KINDS = {
    "uniform": _uniform,
    "mla": _latent,
    "sliding-window": _sliding,
    "hybrid-gdn": _gated_delta,
    "hybrid-kda": _kimi_delta,
    "hybrid-mamba2": _mamba,
}


def _layer_types(config: dict[str, Any], layers: int) -> Iterator[str]:
    """Yield the kind of each layer: from the list, else from the distance between full layers."""
    listed = config.get("layer_types")
    if isinstance(listed, list):
        yield from (str(kind) for kind in listed)
        return
    other = "linear_attention" if "full_attention_interval" in config else "sliding_attention"
    every = _optional(config, "full_attention_interval", "sliding_window_pattern")
    if not every or layers > 10_000:
        raise _RefusedError("`layer_types` is missing, and it says which layers see the whole context")
    yield from ("full_attention" if (index + 1) % every == 0 else other for index in range(layers))


def _counted(kinds: list[str], layers: int, known: tuple[str, ...]) -> dict[str, int]:
    strange = sorted(set(kinds) - set(known))
    if strange:
        raise _RefusedError(f"layers of the kind {strange[0][:40]} are not understood; wanted {' or '.join(known)}")
    if len(kinds) != layers:
        raise _RefusedError(f"{len(kinds)} layers are listed, and `num_hidden_layers` is {layers}")
    counts = {kind: kinds.count(kind) for kind in known}
    if not counts.get("full_attention", counts.get("attention", 1)):
        raise _RefusedError("no layer sees the whole context")
    return counts


# --- contradictions --------------------------------------------------------------------------------------------------


def _contradictions(config: dict[str, Any], shape: Shape) -> None:
    if shape.experts and shape.experts_per_token > shape.experts:
        raise _RefusedError(f"a token visits {shape.experts_per_token} of {shape.experts} experts")
    if not shape.latent_dim and shape.attention_heads % shape.kv_heads:
        raise _RefusedError(f"{shape.attention_heads} heads cannot share {shape.kv_heads} KV heads evenly")
    if not shape.latent_dim and config.get("kv_lora_rank"):
        raise _RefusedError(f"`kv_lora_rank` contradicts the architecture {config['model_type']}, which has KV heads")


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
