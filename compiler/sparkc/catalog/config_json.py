"""Read a model's shape out of a Hugging Face `config.json`; what is not understood is named, never guessed."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from sparkc.catalog.data import load
from sparkc.catalog.models import Attention, Shape

LARGEST = 2**50


@dataclass(frozen=True)
class Configured:
    """What a config.json says.

    Args:
        architecture: its `model_type`; of the text part where there are several.
        quant: format of the weights in the catalog's words; `bf16` when the file names no quantisation.
    """

    architecture: str
    shape: Shape
    quant: str


class _RefusedError(Exception):
    """Something in the file is missing, contradictory, or of a kind that is not known."""


@dataclass(frozen=True)
class _Config:
    """The keys of one config.json, read as its configuration class reads them.

    Args:
        architecture: its `model_type`; `kind` is how it remembers its context.
        stated: what the file says, under the names that the class gives it.
        defaults: what an absent key means. A key that is null is not absent.
        every: each so-many-th layer sees the whole context when the file lists none; 0 when the class has no rule.
    """

    architecture: str
    kind: Attention
    stated: dict[str, Any]  # Any: JSON of unknown origin; each value is checked where it is used
    defaults: Mapping[str, Any] = field(default_factory=dict)  # Any: numbers and switches
    every: int = 0

    def get(self, name: str) -> Any:  # Any: JSON
        """Return what the file says, else what the class takes for granted, else None."""
        return self.stated[name] if name in self.stated else self.defaults.get(name)

    def states(self, name: str) -> bool:
        """Tell whether the file itself has a value for a key."""
        return self.stated.get(name) is not None


def read_config(text: str) -> Configured | str:
    """Return what a config.json says, or in words why it cannot be used."""
    try:
        return _configured(_mapping(text))
    except _RefusedError as trouble:
        return str(trouble)


def weight_files(text: str) -> tuple[int, int] | str:
    """Return bytes and number of files from a `model.safetensors.index.json`, or in words why it cannot be used."""
    try:
        index = _mapping(text)
        metadata, files = index.get("metadata"), index.get("weight_map")
        if not isinstance(metadata, dict) or not isinstance(files, dict) or not files:
            raise _RefusedError("the index has no `metadata` with `total_size` and no `weight_map`")
        return _whole("total_size", metadata.get("total_size")), len({str(name) for name in files.values()})
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
    config = _known(_text_part(whole))
    kind = config.kind
    if kind == "uniform":
        _refuse_windows(config)
    if kind == "sliding-window" and not _slides(config):
        kind = "uniform"
    shape = _with_experts(config, _plain(config, kind))
    shape = _KINDS[kind](config, shape)
    _contradictions(config, shape)
    return Configured(config.architecture, shape, _quant(whole))


def _known(part: dict[str, Any]) -> _Config:
    architecture = part.get("model_type")
    known: dict[str, dict[str, Any]] = load("memory", "architectures")["architectures"]
    if not isinstance(architecture, str):
        raise _RefusedError("it names no `model_type`")
    if architecture not in known:
        raise _RefusedError(
            f"the architecture {architecture[:60]} is not understood; wanted one of {', '.join(sorted(known))}"
        )
    entry = known[architecture]
    missing = [name for name in entry.get("needs", ()) if part.get(name) is None]
    if missing:
        raise _RefusedError(f"`{missing[0]}` is missing, and the engine reads it without a default")
    return _Config(
        architecture=architecture,
        kind=entry["attention"],
        stated=_renamed(part, entry.get("keys", {})),
        defaults=entry.get("defaults", {}),
        every=entry.get("every", 0),
    )


def _renamed(part: dict[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """Return the file's keys under one name each; two names with two values contradict each other."""
    stated = {name: value for name, value in part.items() if name not in names}
    for other, name in names.items():
        if other not in part:
            continue
        if stated.get(name, part[other]) != part[other]:
            raise _RefusedError(
                f"`{name}` is {_short(stated[name])} and `{other}`, its other name, {_short(part[other])}"
            )
        stated[name] = part[other]
    return stated


def _text_part(whole: dict[str, Any]) -> dict[str, Any]:
    """Return the language model's part of a model with several."""
    part = whole.get("text_config")
    return part if isinstance(part, dict) and "num_hidden_layers" in part else whole


# --- numbers ---------------------------------------------------------------------------------------------------------


_MAY_BE_ZERO = (
    "qk_rope_head_dim",
    "qk_nope_head_dim",
    "num_nextn_predict_layers",
    "mtp_num_hidden_layers",
    "num_local_experts",
    "num_experts",
    "n_routed_experts",
    "num_kv_shared_layers",
    "sliding_window",
    "moe_intermediate_size",
    "intermediate_size",
)
"""Keys in which 0 says that there is none. In any other it is a mistake, and not the same as an absent key."""


def _number(config: _Config, *names: str) -> int:
    """Return the first of these keys that is there."""
    found = _optional(config, *names)
    if found == 0:
        raise _RefusedError(f"`{names[0]}` is missing or 0, and it decides how much memory a token takes")
    return found


def _optional(config: _Config, *names: str) -> int:
    """Return the number under these names, which mean the same; 0 when none is there."""
    stated = {name: _whole(name, config.stated[name]) for name in names if config.states(name)}
    if len(set(stated.values())) > 1:
        first, second = list(stated.items())[:2]
        raise _RefusedError(f"`{first[0]}` is {first[1]} and `{second[0]}`, which means the same, {second[1]}")
    if stated:
        return next(iter(stated.values()))
    if any(name in config.stated for name in names):
        return 0
    return next((_whole(name, config.defaults[name]) for name in names if config.defaults.get(name) is not None), 0)


def _whole(name: str, value: Any) -> int:  # Any: JSON
    least = 0 if name in _MAY_BE_ZERO else 1
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= LARGEST:
        raise _RefusedError(f"`{name}` is {_short(value)}, wanted a whole number from {least} to 2^50")
    return value


def _short(value: object) -> str:
    return str(value)[:40]


def _plain(config: _Config, kind: Attention) -> Shape:
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
        # MiniMax M2 names modules (`num_mtp_modules`) that no published checkpoint can use; these count real layers.
        mtp_layers=_optional(config, "num_nextn_predict_layers", "mtp_num_hidden_layers"),
    )


def _with_experts(config: _Config, shape: Shape) -> Shape:
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


def _uniform(config: _Config, shape: Shape) -> Shape:
    if not config.architecture.startswith("minimax_m3"):
        return shape
    # `intermediate_size` is the width of an expert, and the dense layers have a key of their own.
    shape = replace(shape, intermediate_size=_optional(config, "dense_intermediate_size"))
    return replace(shape, index_layers=_sparse_layers(config, shape.layers), index_dim=_index_width(config))


def _sparse_layers(config: _Config, layers: int) -> int:
    """Return how many layers of MiniMax M3 attend sparsely: a 1 for each of them, or its kind in `layer_types`.

    Without either, transformers takes no layer to be sparse and vLLM all but three.
    """
    stated, types = config.get("sparse_attention_config"), config.get("layer_types")
    listed = stated.get("sparse_attention_freq") if isinstance(stated, dict) else None
    if isinstance(types, list):
        return _counted(list(map(str, types)), layers, ("full_attention", "minimax_m3_sparse"))["minimax_m3_sparse"]
    if not isinstance(listed, list) or len(listed) != layers:
        raise _RefusedError(f"`sparse_attention_freq` does not say of {layers} layers which attend sparsely")
    return sum(bool(entry) for entry in listed)


def _index_width(config: _Config) -> int:
    stated = config.get("sparse_attention_config")
    own = stated.get("sparse_index_dim") if isinstance(stated, dict) else None
    return _whole("sparse_index_dim", own) if own is not None else _number(config, "index_head_dim")


def _latent(config: _Config, shape: Shape) -> Shape:
    latent = _number(config, "kv_lora_rank") + _optional(config, "qk_rope_head_dim")
    wide = _optional(config, "qk_nope_head_dim") + _optional(config, "qk_rope_head_dim")
    # `head_dim` of these classes is the rotary part alone.
    shape = replace(shape, latent_dim=latent, head_dim=wide or shape.head_dim)
    if config.get("index_topk") is None:
        return shape
    return replace(shape, index_layers=_indexed(config, shape), index_dim=_number(config, "index_head_dim"))


def _indexed(config: _Config, shape: Shape) -> int:
    """Return how many layers keep an index beside their latent; the others take over the choice of one before.

    DeepSeek V3.2: all. GLM-5: `indexer_types`, or a pattern of F and S, or each `index_topk_freq`-th after an offset.
    Source: the classes of deepseek_v32 and glm_moe_dsa.
    """
    if config.architecture == "deepseek_v32":
        return shape.layers
    if config.architecture != "glm_moe_dsa":
        raise _RefusedError("it attends sparsely (`index_topk`), and its class does not say which layers keep an index")
    listed = config.get("indexer_types") or config.get("index_topk_pattern")
    if listed is None:
        every, offset = max(1, _optional(config, "index_topk_freq")), _index_offset(config)
        return sum(max(layer - offset + 1, 0) % every == 0 for layer in range(min(shape.layers, _MOST_LAYERS)))
    kinds = ["shared" if kind in ("S", "shared") else str(kind) for kind in listed] if _is_listed(listed) else []
    kinds = ["full" if kind == "F" else kind for kind in kinds]
    return _counted(kinds, shape.layers, ("full", "shared"))["full"]


def _index_offset(config: _Config) -> int:
    return _optional(config, "index_skip_topk_offset") or 2


def _is_listed(value: object) -> bool:
    return isinstance(value, list | str)


def _slides(config: _Config) -> bool:
    return config.get("use_sliding_window") is not False and bool(
        _optional(config, "sliding_window", "sliding_window_size")
    )


def _refuse_windows(config: _Config) -> None:
    """Refuse a model that is uniform as long as it has no window, and has one."""
    if _slides(config):
        window = _optional(config, "sliding_window")
        raise _RefusedError(f"its layers see {window} tokens (`sliding_window`), which is not understood for it")
    types = config.get("layer_types")
    if isinstance(types, list) and not set(map(str, types)) <= {"full_attention", "minimax_m3_sparse"}:
        raise _RefusedError("`layer_types` names more than full_attention, which is not understood for it")


def _sliding(config: _Config, shape: Shape) -> Shape:
    if _optional(config, "num_kv_shared_layers"):
        raise _RefusedError("layers share their keys and values (`num_kv_shared_layers`), which is not understood")
    pattern = config.get("hybrid_layer_pattern")
    if isinstance(pattern, list):
        kinds = ["sliding_attention" if layer else "full_attention" for layer in pattern]
    else:
        kinds = list(_layer_types(config, shape.layers))
    # Step 3.7 lists the layers of multi-token prediction behind its own.
    if len(kinds) == shape.layers + shape.mtp_layers and config.architecture.startswith("step3p"):
        kinds = kinds[: shape.layers]
    counts = _counted(kinds, shape.layers, ("full_attention", "sliding_attention"))
    if not counts["sliding_attention"]:
        return replace(shape, attention="uniform")
    # Gemma 4 has other KV heads in its full layers only where keys serve as values.
    own_heads = _optional(config, "num_global_key_value_heads") if config.get("attention_k_eq_v") else 0
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


def _gated_delta(config: _Config, shape: Shape) -> Shape:
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
        state_width=_state_width(config),
    )


def _state_width(config: _Config) -> int:
    """Return bytes of one number of a Gated DeltaNet state.

    Qwen3.5 and later ask for float32 (`mamba_ssm_dtype`), and so does vLLM where a copy of their file leaves the key
    out; Qwen3-Next has no such key, and its states are as wide as the model's own numbers. Source: vLLM 0.33.0,
    model_executor/models/config.py and layers/mamba/mamba_utils.py.
    """
    asked = config.get("mamba_ssm_dtype")
    if asked is None:
        return 2 if config.architecture == "qwen3_next" else 4
    widths = {"float32": 4, "bfloat16": 2, "float16": 2}
    if asked not in widths:
        raise _RefusedError(f"`mamba_ssm_dtype` is {_short(asked)}, wanted one of {', '.join(widths)}")
    return widths[asked]


def _kimi_delta(config: _Config, shape: Shape) -> Shape:
    stated = config.get("linear_attn_config")
    if not isinstance(stated, dict):
        raise _RefusedError("`linear_attn_config` is missing, and it says which layers keep a state")
    states, full = stated.get("kda_layers"), stated.get("full_attn_layers")
    # The class falls back on a pattern of its own; vLLM refuses the file.
    if not isinstance(states, list) or not isinstance(full, list) or not _cover(states, full, shape.layers):
        raise _RefusedError(f"`kda_layers` and `full_attn_layers` do not name {shape.layers} layers once each")
    own = _Config(config.architecture, config.kind, stated)
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


def _cover(states: list[Any], full: list[Any], layers: int) -> bool:
    """Tell whether two lists of layers, which count from 1, name each layer once."""
    if layers > _MOST_LAYERS or len(states) + len(full) != layers:
        return False
    return {str(layer) for layer in (*states, *full)} == {str(layer) for layer in range(1, layers + 1)}


def _mamba(config: _Config, shape: Shape) -> Shape:
    if config.get("mamba_ssm_cache_dtype") not in (None, "float32"):
        raise _RefusedError(f"`mamba_ssm_cache_dtype` is {_short(config.get('mamba_ssm_cache_dtype'))}, wanted float32")
    counts = _counted(list(_blocks(config)), shape.layers, tuple(_BLOCKS.values()))
    if not counts["mamba"]:
        raise _RefusedError("no layer keeps a state")
    return replace(
        shape,
        intermediate_size=shape.intermediate_size if counts["mlp"] else 0,
        attention_layers=counts["attention"],
        state_layers=counts["mamba"],
        conv_kernel=_number(config, "conv_kernel"),
        state_heads=_number(config, "mamba_num_heads"),
        state_head_dim=_number(config, "mamba_head_dim"),
        state_groups=_number(config, "n_groups"),
        state_size=_number(config, "ssm_state_size"),
    )


_BLOCKS = {"M": "mamba", "*": "attention", "-": "mlp", "E": "moe"}
_OTHER_BLOCKS = {"linear_attention": "mamba", "full_attention": "attention"}


def _blocks(config: _Config) -> Iterator[str]:
    """Yield what each layer is: from a list of words, or from a pattern with a letter for each."""
    listed = config.get("layers_block_type") or config.get("layer_types")
    pattern = config.get("hybrid_override_pattern")
    if isinstance(listed, list):
        yield from (_OTHER_BLOCKS.get(str(kind), str(kind)) for kind in listed)
        return
    if not isinstance(pattern, str):
        raise _RefusedError("`hybrid_override_pattern` is missing, and it says which layers keep a state")
    strange = sorted(set(pattern) - set(_BLOCKS))
    if strange:
        raise _RefusedError(f"`hybrid_override_pattern` holds {strange[0]!r}, wanted M, *, - and E")
    yield from (_BLOCKS[letter] for letter in pattern)


_MOST_LAYERS = 10_000


_KINDS = {
    "uniform": _uniform,
    "mla": _latent,
    "sliding-window": _sliding,
    "hybrid-gdn": _gated_delta,
    "hybrid-kda": _kimi_delta,
    "hybrid-mamba2": _mamba,
}


def _layer_types(config: _Config, layers: int) -> Iterator[str]:
    """Yield the kind of each layer: from the list, else from the distance between full layers.

    The file's own distance, else the class's. Gemma 4 makes the last layer a full one whatever the list says.
    """
    listed = config.get("layer_types")
    other = "linear_attention" if config.kind == "hybrid-gdn" else "sliding_attention"
    every = _optional(config, "full_attention_interval", "sliding_window_pattern") or config.every
    if isinstance(listed, list):
        kinds = [str(kind) for kind in listed]
    elif every and layers <= _MOST_LAYERS:
        kinds = ["full_attention" if (index + 1) % every == 0 else other for index in range(layers)]
    else:
        raise _RefusedError("`layer_types` is missing, and it says which layers see the whole context")
    if config.architecture == "gemma4_text" and kinds:
        kinds[-1] = "full_attention"
    yield from kinds


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


def _contradictions(config: _Config, shape: Shape) -> None:
    if shape.experts and shape.experts_per_token > shape.experts:
        raise _RefusedError(f"a token visits {shape.experts_per_token} of {shape.experts} experts")
    if not shape.latent_dim and shape.attention_heads % shape.kv_heads:
        raise _RefusedError(f"{shape.attention_heads} heads cannot share {shape.kv_heads} KV heads evenly")
    if not shape.latent_dim and config.states("kv_lora_rank"):
        raise _RefusedError(f"`kv_lora_rank` contradicts the architecture {config.architecture}, which has KV heads")


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
