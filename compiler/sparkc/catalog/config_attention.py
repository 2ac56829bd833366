"""Tell from the keys of a config.json how its layers remember the context: what grows, what slides, what is a state."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from sparkc.catalog.config_keys import Keys, RefusedError, number, optional, short, whole_number
from sparkc.catalog.models import Shape


def with_attention(keys: Keys, shape: Shape) -> Shape:
    """Return the shape with everything that its kind of attention needs, or refuse what is not understood."""
    if keys.kind == "uniform":
        _refuse_windows(keys)
    if keys.kind == "sliding-window" and not _slides(keys):
        return replace(shape, attention="uniform")
    return _KINDS[keys.kind](keys, shape)


def _uniform(keys: Keys, shape: Shape) -> Shape:
    if not keys.architecture.startswith("minimax_m3"):
        return shape
    # `intermediate_size` is the width of an expert, and the dense layers have a key of their own.
    shape = replace(shape, intermediate_size=optional(keys, "dense_intermediate_size"))
    return replace(shape, index_layers=_sparse_layers(keys, shape.layers), index_dim=_index_width(keys))


def _sparse_layers(keys: Keys, layers: int) -> int:
    """Return how many layers of MiniMax M3 attend sparsely: a 1 for each of them, or its kind in `layer_types`.

    Without either, transformers takes no layer to be sparse and vLLM all but three.
    """
    stated, types = keys.get("sparse_attention_config"), keys.get("layer_types")
    listed = stated.get("sparse_attention_freq") if isinstance(stated, dict) else None
    if isinstance(types, list):
        return _counted(list(map(str, types)), layers, ("full_attention", "minimax_m3_sparse"))["minimax_m3_sparse"]
    if not isinstance(listed, list) or len(listed) != layers:
        raise RefusedError(f"`sparse_attention_freq` does not say of {layers} layers which attend sparsely")
    return sum(bool(entry) for entry in listed)


def _index_width(keys: Keys) -> int:
    stated = keys.get("sparse_attention_config")
    own = stated.get("sparse_index_dim") if isinstance(stated, dict) else None
    return whole_number("sparse_index_dim", own) if own is not None else number(keys, "index_head_dim")


def _latent(keys: Keys, shape: Shape) -> Shape:
    latent = number(keys, "kv_lora_rank") + optional(keys, "qk_rope_head_dim")
    wide = optional(keys, "qk_nope_head_dim") + optional(keys, "qk_rope_head_dim")
    # `head_dim` of these classes is the rotary part alone.
    shape = replace(shape, latent_dim=latent, head_dim=wide or shape.head_dim)
    if keys.get("index_topk") is None:
        return shape
    return replace(shape, index_layers=_indexed(keys, shape), index_dim=number(keys, "index_head_dim"))


def _indexed(keys: Keys, shape: Shape) -> int:
    """Return how many layers keep an index beside their latent; the others take over the choice of one before.

    DeepSeek V3.2: all. GLM-5: `indexer_types`, or a pattern of F and S, or each `index_topk_freq`-th after an offset.
    Source: the classes of deepseek_v32 and glm_moe_dsa.
    """
    if keys.architecture == "deepseek_v32":
        return shape.layers
    if keys.architecture != "glm_moe_dsa":
        raise RefusedError("it attends sparsely (`index_topk`), and its class does not say which layers keep an index")
    listed = keys.get("indexer_types") or keys.get("index_topk_pattern")
    if listed is None:
        every, offset = max(1, optional(keys, "index_topk_freq")), _index_offset(keys)
        return sum(max(layer - offset + 1, 0) % every == 0 for layer in range(min(shape.layers, _MOST_LAYERS)))
    kinds = ["shared" if kind in ("S", "shared") else str(kind) for kind in listed] if _is_listed(listed) else []
    kinds = ["full" if kind == "F" else kind for kind in kinds]
    return _counted(kinds, shape.layers, ("full", "shared"))["full"]


def _index_offset(keys: Keys) -> int:
    return optional(keys, "index_skip_topk_offset") or 2


def _is_listed(value: object) -> bool:
    return isinstance(value, list | str)


def _slides(keys: Keys) -> bool:
    return keys.get("use_sliding_window") is not False and bool(optional(keys, "sliding_window", "sliding_window_size"))


def _refuse_windows(keys: Keys) -> None:
    """Refuse a model that is uniform as long as it has no window, and has one."""
    if _slides(keys):
        window = optional(keys, "sliding_window")
        raise RefusedError(f"its layers see {window} tokens (`sliding_window`), which is not understood for it")
    types = keys.get("layer_types")
    if isinstance(types, list) and not set(map(str, types)) <= {"full_attention", "minimax_m3_sparse"}:
        raise RefusedError("`layer_types` names more than full_attention, which is not understood for it")


def _sliding(keys: Keys, shape: Shape) -> Shape:
    if optional(keys, "num_kv_shared_layers"):
        raise RefusedError("layers share their keys and values (`num_kv_shared_layers`), which is not understood")
    pattern = keys.get("hybrid_layer_pattern")
    if isinstance(pattern, list):
        kinds = ["sliding_attention" if layer else "full_attention" for layer in pattern]
    else:
        kinds = list(_layer_types(keys, shape.layers))
    # Step 3.7 lists the layers of multi-token prediction behind its own.
    if len(kinds) == shape.layers + shape.mtp_layers and keys.architecture.startswith("step3p"):
        kinds = kinds[: shape.layers]
    counts = _counted(kinds, shape.layers, ("full_attention", "sliding_attention"))
    if not counts["sliding_attention"]:
        return replace(shape, attention="uniform")
    # Gemma 4 has other KV heads in its full layers only where keys serve as values.
    own_heads = optional(keys, "num_global_key_value_heads") if keys.get("attention_k_eq_v") else 0
    own_width = optional(keys, "global_head_dim")
    slid = replace(
        shape,
        attention_layers=counts["full_attention"],
        sliding_layers=counts["sliding_attention"],
        window=number(keys, "sliding_window", "sliding_window_size"),
        v_head_dim=optional(keys, "v_head_dim"),
        sliding_kv_heads=optional(keys, "swa_num_key_value_heads"),
        sliding_head_dim=optional(keys, "swa_head_dim"),
        sliding_v_head_dim=optional(keys, "swa_v_head_dim"),
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


def _gated_delta(keys: Keys, shape: Shape) -> Shape:
    counts = _counted(list(_layer_types(keys, shape.layers)), shape.layers, ("full_attention", "linear_attention"))
    return replace(
        shape,
        attention_layers=counts["full_attention"],
        state_layers=counts["linear_attention"],
        conv_kernel=number(keys, "linear_conv_kernel_dim"),
        key_heads=number(keys, "linear_num_key_heads"),
        key_dim=number(keys, "linear_key_head_dim"),
        value_heads=number(keys, "linear_num_value_heads"),
        value_dim=number(keys, "linear_value_head_dim"),
        state_width=_state_width(keys),
    )


def _state_width(keys: Keys) -> int:
    """Return bytes of one number of a Gated DeltaNet state.

    Qwen3.5 and later ask for float32 (`mamba_ssm_dtype`), and so does vLLM where a copy of their file leaves the key
    out; Qwen3-Next has no such key, and its states are as wide as the model's own numbers. Source: vLLM 0.33.0,
    model_executor/models/keys.py and layers/mamba/mamba_utils.py.
    """
    return _width(keys, "mamba_ssm_dtype", 2 if keys.architecture == "qwen3_next" else 4)


def _width(keys: Keys, name: str, default: int) -> int:
    """Return the bytes of one number of the type that a key asks for."""
    asked = keys.get(name)
    if asked is None:
        return default
    if not isinstance(asked, str) or asked not in _WIDTHS:
        raise RefusedError(f"`{name}` is {short(asked)}, wanted one of {', '.join(_WIDTHS)}")
    return _WIDTHS[asked]


_WIDTHS = {"float32": 4, "bfloat16": 2, "float16": 2}


def _kimi_delta(keys: Keys, shape: Shape) -> Shape:
    stated = keys.get("linear_attn_config")
    if not isinstance(stated, dict):
        raise RefusedError("`linear_attn_config` is missing, and it says which layers keep a state")
    states, full = stated.get("kda_layers"), stated.get("full_attn_layers")
    # The class falls back on a pattern of its own; vLLM refuses the file.
    if not isinstance(states, list) or not isinstance(full, list) or not _cover(states, full, shape.layers):
        raise RefusedError(f"`kda_layers` and `full_attn_layers` do not name {shape.layers} layers once each")
    own = Keys(keys.architecture, keys.kind, stated)
    heads, width = number(own, "num_heads"), number(own, "head_dim")
    return replace(
        _latent(keys, shape),
        attention_layers=len(full),
        state_layers=len(states),
        conv_kernel=number(own, "short_conv_kernel_size"),
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


def _mamba(keys: Keys, shape: Shape) -> Shape:
    counts = _counted(list(_blocks(keys)), shape.layers, tuple(_BLOCKS.values()))
    if not counts["mamba"]:
        raise RefusedError("no layer keeps a state")
    return replace(
        shape,
        intermediate_size=shape.intermediate_size if counts["mlp"] else 0,
        attention_layers=counts["attention"],
        state_layers=counts["mamba"],
        conv_kernel=number(keys, "conv_kernel"),
        state_heads=number(keys, "mamba_num_heads"),
        state_head_dim=number(keys, "mamba_head_dim"),
        state_groups=number(keys, "n_groups"),
        state_size=number(keys, "ssm_state_size"),
        # Without a wish recent releases take 32 bits (vLLM 0.33.0, models/config.py, NemotronHForCausalLMConfig).
        state_width=_width(keys, "mamba_ssm_cache_dtype", 4),
        state_chunk=optional(keys, "mamba_chunk_size", "chunk_size") or Shape.state_chunk,
    )


_BLOCKS = {"M": "mamba", "*": "attention", "-": "mlp", "E": "moe"}
_OTHER_BLOCKS = {"linear_attention": "mamba", "full_attention": "attention"}


def _blocks(keys: Keys) -> Iterator[str]:
    """Yield what each layer is: from a list of words, or from a pattern with a letter for each."""
    listed = keys.get("layers_block_type") or keys.get("layer_types")
    pattern = keys.get("hybrid_override_pattern")
    if isinstance(listed, list):
        yield from (_OTHER_BLOCKS.get(str(kind), str(kind)) for kind in listed)
        return
    if not isinstance(pattern, str):
        raise RefusedError("`hybrid_override_pattern` is missing, and it says which layers keep a state")
    strange = sorted(set(pattern) - set(_BLOCKS))
    if strange:
        raise RefusedError(f"`hybrid_override_pattern` holds {strange[0]!r}, wanted M, *, - and E")
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


def _layer_types(keys: Keys, layers: int) -> Iterator[str]:
    """Yield the kind of each layer: from the list, else from the distance between full layers.

    The file's own distance, else the class's. Gemma 4 makes the last layer a full one whatever the list says.
    """
    listed = keys.get("layer_types")
    other = "linear_attention" if keys.kind == "hybrid-gdn" else "sliding_attention"
    every = optional(keys, "full_attention_interval", "sliding_window_pattern") or keys.every
    if isinstance(listed, list):
        kinds = [str(kind) for kind in listed]
    elif every and layers <= _MOST_LAYERS:
        kinds = ["full_attention" if (index + 1) % every == 0 else other for index in range(layers)]
    else:
        raise RefusedError("`layer_types` is missing, and it says which layers see the whole context")
    if keys.architecture == "gemma4_text" and kinds:
        kinds[-1] = "full_attention"
    yield from kinds


def _counted(kinds: list[str], layers: int, known: tuple[str, ...]) -> dict[str, int]:
    strange = sorted(set(kinds) - set(known))
    if strange:
        raise RefusedError(f"layers of the kind {strange[0][:40]} are not understood; wanted {' or '.join(known)}")
    if len(kinds) != layers:
        raise RefusedError(f"{len(kinds)} layers are listed, and `num_hidden_layers` is {layers}")
    counts = {kind: kinds.count(kind) for kind in known}
    if not counts.get("full_attention", counts.get("attention", 1)):
        raise RefusedError("no layer sees the whole context")
    return counts
