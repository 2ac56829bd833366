"""`sparkc catalog add-model` and `model.config`: a shape out of a config.json, or a refusal that says why."""

from __future__ import annotations

import datetime
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from catalog_schemas import MODELS
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from sparkc.catalog.config_json import Configured, read_config, weight_files
from sparkc.catalog.data import load
from sparkc.catalog.models import Shape, find_family
from sparkc.cli.app import app
from sparkc.cli.toolbox import toolbox
from sparkc.driver import compile_spec
from sparkc.source.project import Plugins

COMMON = {"num_hidden_layers": 4, "hidden_size": 1024, "num_attention_heads": 16, "vocab_size": 32000}
COMMON |= {"max_position_embeddings": 8192}
MINIMAX = COMMON | {
    "model_type": "minimax_m2",
    "num_hidden_layers": 62,
    "hidden_size": 3072,
    "num_attention_heads": 48,
    "num_key_value_heads": 8,
    "head_dim": 128,
    "vocab_size": 200064,
    "max_position_embeddings": 196608,
    "num_local_experts": 256,
    "num_experts_per_tok": 8,
    "intermediate_size": 1536,
    "use_mtp": True,
    "num_mtp_modules": 3,
}
GATED = COMMON | {
    "model_type": "qwen3_5_moe_text",
    "num_hidden_layers": 40,
    "num_attention_heads": 16,
    "num_key_value_heads": 2,
    "head_dim": 256,
    "full_attention_interval": 4,
    "linear_conv_kernel_dim": 4,
    "linear_num_key_heads": 16,
    "linear_key_head_dim": 128,
    "linear_num_value_heads": 32,
    "linear_value_head_dim": 128,
    "num_experts": 256,
    "num_experts_per_tok": 8,
    "moe_intermediate_size": 512,
    "mtp_num_hidden_layers": 1,
}
LATENT = COMMON | {"model_type": "deepseek_v3", "kv_lora_rank": 512, "qk_rope_head_dim": 64, "qk_nope_head_dim": 128}
KIMI = LATENT | {
    "model_type": "kimi_linear",
    "linear_attn_config": {
        "kda_layers": [1, 2, 3],
        "full_attn_layers": [4],
        "num_heads": 32,
        "head_dim": 128,
        "short_conv_kernel_size": 4,
    },
}
MAMBA = COMMON | {
    "model_type": "nemotron_h",
    "num_hidden_layers": 8,
    "hybrid_override_pattern": "MEM*EMME",
    "conv_kernel": 4,
    "mamba_num_heads": 64,
    "mamba_head_dim": 64,
    "n_groups": 8,
    "ssm_state_size": 128,
    "n_routed_experts": 128,
    "num_experts_per_tok": 6,
    "moe_intermediate_size": 1856,
}
WINDOW = COMMON | {
    "model_type": "gpt_oss",
    "num_key_value_heads": 8,
    "head_dim": 64,
    "sliding_window": 128,
    "layer_types": ["sliding_attention", "full_attention"] * 2,
    "num_local_experts": 128,
    "num_experts_per_tok": 4,
    "intermediate_size": 2880,
}
MIMO = COMMON | {
    "model_type": "mimo_v2_flash",
    "num_key_value_heads": 4,
    "head_dim": 192,
    "v_head_dim": 128,
    "swa_num_key_value_heads": 8,
    "swa_head_dim": 192,
    "swa_v_head_dim": 128,
    "sliding_window_size": 128,
    "hybrid_layer_pattern": [0, 1, 1, 1],
}


def shape(config: dict[str, Any]) -> Shape:
    found = read_config(json.dumps(config))
    assert isinstance(found, Configured), found
    return found.shape


def test_uniform_attention_gives_the_catalog_s_own_minimax() -> None:
    known = find_family("minimax-m2")
    assert known is not None
    assert shape(MINIMAX) == known.shape


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        pytest.param(GATED, {"attention": "hybrid-gdn", "attention_layers": 10, "state_layers": 30, "mtp_layers": 1}),
        pytest.param(LATENT, {"attention": "mla", "latent_dim": 576, "head_dim": 192}),
        pytest.param(KIMI, {"attention": "hybrid-kda", "attention_layers": 1, "state_layers": 3, "latent_dim": 576}),
        pytest.param(
            MAMBA, {"attention": "hybrid-mamba2", "attention_layers": 1, "state_layers": 4, "state_size": 128}
        ),
        pytest.param(
            WINDOW, {"attention": "sliding-window", "attention_layers": 2, "sliding_layers": 2, "window": 128}
        ),
        pytest.param(MIMO, {"sliding_layers": 3, "v_head_dim": 128, "sliding_kv_heads": 8, "sliding_head_dim": 192}),
        pytest.param(COMMON | {"model_type": "llama"}, {"attention": "uniform", "kv_heads": 16, "head_dim": 64}),
    ],
    ids=["gated delta", "latent", "kimi delta", "mamba", "window", "other widths", "no KV heads stated"],
)
def test_each_kind_of_memory_is_read(config: dict[str, Any], expected: dict[str, Any]) -> None:
    found = shape(config)
    assert {key: getattr(found, key) for key in expected} == expected


CONFIGS = sorted((Path(__file__).parent / "configs").glob("*.json"))


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_a_published_config_json_gives_the_shape_that_the_catalog_holds(path: Path) -> None:
    """The catalog's shape was put together by hand; reading the file again must give it, number for number."""
    told = json.loads(path.read_text(encoding="utf-8"))
    known = find_family(path.stem)
    assert known is not None
    assert "https://" in told["origin"] or "public" in told["origin"]
    assert shape(told["config"]) == known.shape


def test_published_configs_are_of_every_kind() -> None:
    kinds = {shape(json.loads(path.read_text(encoding="utf-8"))["config"]).attention for path in CONFIGS}
    assert kinds == {"uniform", "mla", "sliding-window", "hybrid-gdn", "hybrid-kda", "hybrid-mamba2"}


M3 = COMMON | {
    "model_type": "minimax_m3_text",
    "num_key_value_heads": 4,
    "head_dim": 128,
    "num_local_experts": 128,
    "num_experts_per_tok": 4,
    "intermediate_size": 3072,
    "dense_intermediate_size": 12288,
    "sparse_attention_config": {"sparse_attention_freq": [0, 1, 1, 1], "sparse_index_dim": 128},
}


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        pytest.param({"model_type": "llama"}, {"kv_heads": 16, "head_dim": 64}, id="llama: as many as heads"),
        pytest.param(
            {"model_type": "mistral", "sliding_window": None}, {"kv_heads": 8}, id="mistral: null is not absent"
        ),
        pytest.param(
            {"model_type": "qwen3", "num_attention_heads": 64},
            {"kv_heads": 32, "head_dim": 128},
            id="qwen3: width of a head",
        ),
        pytest.param(
            {"model_type": "qwen3_moe", "num_key_value_heads": 4},
            {"experts": 128, "experts_per_token": 8, "expert_intermediate_size": 768},
            id="qwen3_moe: never dense",
        ),
        pytest.param(
            {"model_type": "gpt_oss"},
            {"attention_layers": 2, "sliding_layers": 2, "window": 128, "kv_heads": 8},
            id="gpt_oss: every second layer",
        ),
        pytest.param(
            {"model_type": "gemma3_text", "num_hidden_layers": 12},
            {"attention_layers": 2, "sliding_layers": 10, "window": 4096, "kv_heads": 4, "head_dim": 256},
            id="gemma 3: every sixth layer",
        ),
        pytest.param(
            {"model_type": "gemma4_text", "num_hidden_layers": 7},
            {"attention_layers": 2, "sliding_layers": 5, "head_dim": 512, "sliding_head_dim": 256},
            id="gemma 4: the last layer is a full one",
        ),
        pytest.param(
            {"model_type": "qwen3_next"},
            {"attention_layers": 1, "state_layers": 3, "value_heads": 32, "state_width": 2},
            id="qwen3_next: every fourth layer, narrow states",
        ),
        pytest.param(
            {"model_type": "qwen3_next", "mamba_ssm_dtype": "float32"}, {"state_width": 4}, id="wide states when asked"
        ),
        pytest.param(
            {"model_type": "laguna"}, {"attention": "uniform", "sliding_layers": 0}, id="laguna: all are full"
        ),
        pytest.param(
            {"model_type": "step3p5", "num_attention_groups": 4, "moe_num_experts": 64, "moe_top_k": 4},
            {"kv_heads": 4, "experts": 64, "experts_per_token": 4},
            id="step 3.7: other names",
        ),
        pytest.param(
            {
                "model_type": "step3p5",
                "num_nextn_predict_layers": 1,
                "sliding_window": 512,
                "layer_types": ["full_attention", *["sliding_attention"] * 3, "full_attention"],
            },
            {"attention_layers": 1, "sliding_layers": 3, "mtp_layers": 1},
            id="step 3.7: drafting layers are listed behind",
        ),
        pytest.param(
            {"model_type": "deepseek_v32"}, {"index_layers": 4, "index_dim": 128}, id="v3.2: an index everywhere"
        ),
        pytest.param(
            {"model_type": "glm_moe_dsa", "num_hidden_layers": 12, "index_topk_freq": 4, "index_skip_topk_offset": 3},
            {"index_layers": 5},
            id="glm 5: three layers, then every fourth",
        ),
        pytest.param(
            {"model_type": "glm_moe_dsa", "index_topk_pattern": "FFSS"}, {"index_layers": 2}, id="glm 5: letters"
        ),
        pytest.param(
            M3,
            {"attention": "uniform", "index_layers": 3, "index_dim": 128, "intermediate_size": 12288},
            id="m3: sparse layers and dense width",
        ),
        pytest.param(
            {**{key: value for key, value in MAMBA.items() if key != "hybrid_override_pattern"}}
            | {"layers_block_type": ["mamba", "moe", "mamba", "attention", "moe", "mamba", "mamba", "moe"]},
            {"attention_layers": 1, "state_layers": 4},
            id="nemotron: a list instead of a pattern",
        ),
    ],
)
def test_an_absent_key_means_what_its_class_says(config: dict[str, Any], expected: dict[str, Any]) -> None:
    found = shape(COMMON | config)
    assert {key: getattr(found, key) for key in expected} == expected


def test_every_architecture_names_the_class_it_was_held_against() -> None:
    known = load("memory", "architectures")["architectures"]
    assert all(
        entry["source"].startswith(("transformers 5.23.0 models/", "vLLM 0.33.0 vllm/")) for entry in known.values()
    )


@pytest.mark.parametrize(
    ("config", "width"),
    [
        pytest.param(GATED, 4, id="what vLLM takes for Qwen3.5"),
        pytest.param(GATED | {"mamba_ssm_dtype": "float32"}, 4, id="as the model asks"),
        pytest.param(MAMBA, 4, id="what vLLM takes for Nemotron"),
        pytest.param(MAMBA | {"mamba_ssm_cache_dtype": "float16"}, 2, id="as Nemotron asks"),
    ],
)
def test_a_state_is_as_wide_as_the_model_asks(config: dict[str, Any], width: int) -> None:
    assert shape(config).state_width == width


def test_the_chunk_of_mamba_is_read() -> None:
    assert (shape(MAMBA).state_chunk, shape(MAMBA | {"chunk_size": 256}).state_chunk) == (128, 256)


def test_the_language_model_of_a_vision_model_counts() -> None:
    assert shape({"model_type": "qwen3_5_moe", "text_config": GATED}) == shape(GATED)


def test_a_text_part_without_a_type_is_of_the_class_that_belongs_to_the_whole() -> None:
    part = {key: value for key, value in M3.items() if key != "model_type"}
    assert shape({"model_type": "minimax_m3_vl", "text_config": part}) == shape(M3)
    found = read_config(json.dumps({"model_type": "rwkv", "text_config": part}))
    assert isinstance(found, str)
    assert "rwkv_text is not understood" in found


@pytest.mark.parametrize(
    ("config", "words"),
    [
        pytest.param(MINIMAX | {"model_type": "deepseek_v4"}, "deepseek_v4 is not understood", id="unknown kind"),
        pytest.param(COMMON, "names no `model_type`", id="no kind"),
        pytest.param(
            MINIMAX | {"num_hidden_layers": 0}, "`num_hidden_layers` is 0, wanted a whole number from 1", id="no layers"
        ),
        pytest.param(MINIMAX | {"hidden_size": -1}, "`hidden_size` is -1", id="negative"),
        pytest.param(MAMBA | {"mamba_ssm_cache_dtype": "int3"}, "`mamba_ssm_cache_dtype` is int3", id="strange width"),
        pytest.param(MINIMAX | {"hidden_size": "3072"}, "wanted a whole number", id="text"),
        pytest.param(MINIMAX | {"num_experts_per_tok": 300}, "visits 300 of 256 experts", id="more than there are"),
        pytest.param(MINIMAX | {"num_key_value_heads": 7}, "48 heads cannot share 7", id="heads do not divide"),
        pytest.param(MINIMAX | {"kv_lora_rank": 512}, "contradicts the architecture", id="two kinds at once"),
        pytest.param(WINDOW | {"layer_types": ["full_attention"]}, "1 layers are listed", id="too few kinds"),
        pytest.param(WINDOW | {"layer_types": ["strange"] * 4}, "kind strange are not understood", id="strange layer"),
        pytest.param(MIMO | {"hybrid_layer_pattern": None}, "`hybrid_layer_pattern` is missing", id="no kinds"),
        pytest.param(MIMO | {"swa_head_dim": None}, "reads it without a default", id="no width for the window"),
        pytest.param(WINDOW | {"num_key_value_heads": 0}, "`num_key_value_heads` is 0", id="zero is not absent"),
        pytest.param(GATED | {"linear_num_value_heads": -32}, "`linear_num_value_heads` is -32", id="negative heads"),
        pytest.param(WINDOW | {"num_experts": 64}, "which means the same, 64", id="two numbers of experts"),
        pytest.param(
            KIMI | {"num_experts": 8, "num_experts_per_tok": 2, "num_experts_per_token": 4},
            "its other name",
            id="two names",
        ),
        pytest.param(GATED | {"mamba_ssm_dtype": "fp8"}, "`mamba_ssm_dtype` is fp8", id="strange state"),
        pytest.param(
            COMMON | {"model_type": "qwen3", "use_sliding_window": True, "sliding_window": 4096},
            "see 4096 tokens",
            id="a window that the class leaves out by default",
        ),
        pytest.param(
            COMMON | {"model_type": "mistral"}, "see 4096 tokens", id="a window that the class has by default"
        ),
        pytest.param(
            WINDOW | {"model_type": "gemma4_text", "num_kv_shared_layers": 2},
            "num_kv_shared_layers",
            id="shared layers",
        ),
        pytest.param(MAMBA | {"hybrid_override_pattern": "MX"}, "holds 'X'", id="strange letter"),
        pytest.param(LATENT | {"index_topk": 2048, "index_head_dim": 128}, "attends sparsely", id="sparse"),
        pytest.param(KIMI | {"linear_attn_config": {}}, "do not name 4 layers once each", id="no split"),
    ],
)
def test_what_is_not_understood_is_named(config: dict[str, Any], words: str) -> None:
    found = read_config(json.dumps(config))
    assert isinstance(found, str)
    assert words in found


@pytest.mark.parametrize("text", ["", "[]", "{", "null", "\x00", "[" * 100_000])
def test_what_is_no_config_is_refused(text: str) -> None:
    assert isinstance(read_config(text), str)
    assert isinstance(weight_files(text), str)


JUNK = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)),
    max_leaves=5,
)


SPARSE = COMMON | {"model_type": "glm_moe_dsa", "index_topk_freq": 2, "index_topk_pattern": None, "indexer_types": None}
SHARED = COMMON | {"model_type": "gemma4_text", "attention_k_eq_v": True, "num_global_key_value_heads": 2}
BASES = [MINIMAX, GATED, LATENT, KIMI, MAMBA, WINDOW, MIMO, M3, SPARSE, SHARED]


@settings(max_examples=150, deadline=None)
@given(
    base=st.sampled_from(BASES),
    changes=st.dictionaries(
        st.sampled_from(sorted({"mamba_ssm_dtype", *(key for config in BASES for key in config)})), JUNK, max_size=4
    ),
)
def test_whatever_the_file_holds_there_is_an_answer(base: dict[str, Any], changes: dict[str, Any]) -> None:
    found = read_config(json.dumps(base | changes))
    assert isinstance(found, Configured) or found


def test_size_and_files_come_from_the_index() -> None:
    index = {"metadata": {"total_size": 1000}, "weight_map": {"a": "1.safetensors", "b": "1.safetensors", "c": "2"}}
    assert weight_files(json.dumps(index)) == (1000, 2)


def command(folder: Path, config: dict[str, Any], *words: str) -> Any:
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    return CliRunner().invoke(app, ["catalog", "add-model", str(folder / "config.json"), *words])


@pytest.mark.parametrize("config", [MINIMAX, GATED, LATENT, KIMI, MAMBA, WINDOW, MIMO])
def test_the_file_that_is_written_is_one_of_the_catalog(tmp_path: Path, config: dict[str, Any]) -> None:
    index = tmp_path / "index.json"
    index.write_text('{"metadata": {"total_size": 5000}, "weight_map": {"a": "x"}}', encoding="utf-8")
    output = tmp_path / "model.yaml"
    result = command(tmp_path, config, "--id", "example/New_Model", "--index", str(index), "-o", str(output))
    assert result.exit_code == 0, result.output
    made = yaml.safe_load(output.read_text(encoding="utf-8"))
    jsonschema.validate(made, MODELS)
    assert made["family"] == "new-model"
    assert made["checkpoints"][0]["bytes"] == 5000


def test_an_architecture_that_is_not_understood_ends_with_a_sentence(tmp_path: Path) -> None:
    result = command(tmp_path, MINIMAX | {"model_type": "rwkv"}, "--id", "example/x")
    assert result.exit_code != 0
    assert "rwkv is not understood" in str(result.exception)


def test_a_model_without_a_name_asks_for_one(tmp_path: Path) -> None:
    result = command(tmp_path, MINIMAX)
    assert "--id ORG/NAME" in str(result.exception)


SPEC = """
apiVersion: sparkc/v1
name: pointed
model: {id: example/new-model, size: 115 GB, config: CONFIG}
quant: mxfp4
engine: {name: vllm, version: 0.18.1, image: "vllm-node:latest"}
nodes: {hardware: dgx-spark, hosts: [{name: spark-1}]}
serving: {max_model_len: 4096}
targets: [shell]
"""


def rules_of(folder: Path, config: str) -> dict[str, str]:
    (folder / "spec.yaml").write_text(SPEC.replace("CONFIG", config), encoding="utf-8")
    [launch] = compile_spec(folder / "spec.yaml", folder, toolbox(Plugins()), datetime.date(2026, 11, 20)).launches
    return {finding.rule: finding.message for finding in launch.findings}


def test_a_spec_may_point_at_a_config_json(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps(MINIMAX), encoding="utf-8")
    found = rules_of(tmp_path, "config.json")
    assert "model-unknown" not in found
    assert "model-config-not-understood" not in found
    assert "memory-unknown" not in found


@pytest.mark.parametrize("config", ["not-there.json", "../outside.json", "strange.json"])
def test_a_config_json_that_cannot_be_used_is_a_finding(tmp_path: Path, config: str) -> None:
    (tmp_path / "strange.json").write_text('{"model_type": "rwkv"}', encoding="utf-8")
    assert "cannot be read as a model" in rules_of(tmp_path, config)["model-config-not-understood"]


def test_a_context_beyond_the_config_is_found(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps(MINIMAX | {"max_position_embeddings": 2048}), encoding="utf-8")
    assert "context-beyond-model" in rules_of(tmp_path, "config.json")
