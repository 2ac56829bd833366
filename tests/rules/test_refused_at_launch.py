"""What engines refuse at launch, in the forms that the examples of the rules do not show, and what they take."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from examples import compiled, rules_in

LATENT = "model: {id: deepseek-ai/DeepSeek-V3, size: 100 GB}\n"
STEP = "model: {id: stepfun-ai/Step-3.7-Flash, size: 100 GB}\n"
NEWEST = "engine: {version: 0.33.0}\n"
ASCEND = """
engine:
  name: vllm-ascend
  version: VERSION
  executor: mp
  ray: null
  image: {ref: "quay.io/ascend/vllm-ascend:v0.25.1rc1", id: null}
nodes: {hardware: atlas-800i-a2}
quant: w8a8
"""


def ascend(version: str, more: str) -> str:
    return ASCEND.replace("VERSION", version) + more


REFUSED = (
    pytest.param("attention-backend-cannot-serve", LATENT + "args: {attention-backend: FLASHINFER}", id="no MLA"),
    pytest.param("attention-backend-cannot-serve", "args: {attention-backend: TRITON_MLA}", id="MLA alone"),
    pytest.param(
        "attention-backend-cannot-serve", "args: {attention-config: {backend: flashmla}}", id="in JSON, lower case"
    ),
    pytest.param(
        "attention-backend-cannot-serve",
        "engine: {version: 0.13.0}\nenv: {VLLM_ATTENTION_BACKEND: CUTLASS_MLA}",
        id="by variable, where there is one",
    ),
    pytest.param(
        "attention-backend-cannot-serve", "args: {attention-backend: FLEX_ATTENTION}", id="no FP8 cache, which is asked"
    ),
    pytest.param(
        "attention-backend-cannot-serve",
        "model: {shape: {head_dim: 80}}\nargs: {attention-backend: FLASHINFER}",
        id="a width that it does not compute",
    ),
    pytest.param(
        "attention-backend-cannot-serve",
        "model: {id: openai/gpt-oss-120b, size: 66 GB}\nserving: {kv_cache_dtype: auto}\n"
        "args: {attention-backend: FLEX_ATTENTION}",
        id="sinks",
    ),
    pytest.param(
        "context-parallel-without-backend",
        NEWEST + LATENT + "args: {prefill-context-parallel-size: 2, attention-backend: FLASHINFER}",
        id="another backend could",
    ),
    pytest.param(
        "context-parallel-without-backend",
        LATENT + "args: {decode-context-parallel-size: 2, cp-kv-cache-interleave-size: 16}\n"
        "serving: {speculative: {method: mtp, num_speculative_tokens: 1}}",
        id="drafts on a cache that is interleaved",
    ),
    pytest.param(
        "context-parallel-without-backend",
        "args: {decode-context-parallel-size: 2, attention-backend: TREE_ATTN}",
        id="no sums for ranks to join",
    ),
    pytest.param(
        "draft-count-off-mtp-depth",
        STEP + "engine: {version: 0.23.0}\nargs: {speculative-config: {method: mtp, num_speculative_tokens: 7}}",
        id="in args",
    ),
    pytest.param(
        "graphs-without-size-for-drafts",
        "engine: {version: 0.16.0}\n"
        "serving: {speculative: {method: ngram, num_speculative_tokens: 2}, cuda_graphs: null}\n"
        "args: {enforce-eager: false, compilation-config: {pass_config: {enable_sp: true}}}",
        id="three does not divide by two ranks",
    ),
    pytest.param(
        "graphs-without-size-for-drafts",
        "serving: {speculative: {method: ngram, num_speculative_tokens: 4}, cuda_graphs: null}\n"
        "args: {enforce-eager: false, max-cudagraph-capture-size: 4}",
        id="one token short",
    ),
    pytest.param("data-parallel-by-hand", "args: {data-parallel-size-local: 3}", id="more here than in all"),
    pytest.param("data-parallel-by-hand", "args: {data-parallel-hybrid-lb: true}", id="hybrid, nobody counted"),
    pytest.param(
        "data-parallel-by-hand",
        "parallelism: {tensor: 1, data: 2}\nargs: {data-parallel-rank: 2}",
        id="a rank that there is not",
    ),
    pytest.param(
        "data-parallel-by-hand",
        "parallelism: {tensor: 1, data: 2}\nargs: {data-parallel-rank: 0, data-parallel-hybrid-lb: true}",
        id="two ways of balancing",
    ),
    pytest.param(
        "data-parallel-by-hand",
        "engine: {version: 0.30.0}\nmodel: {id: meta-llama/Llama-3.3-70B-Instruct, size: 70 GB}\n"
        "parallelism: {tensor: 1, data: 2}\nargs: {data-parallel-rank: 0}",
        id="external balancing without experts",
    ),
    pytest.param(
        "prefill-context-parallel-refused",
        ascend("0.23.0", "parallelism: {tensor: 1, data: 2}\nargs: {prefill-context-parallel-size: 2}"),
        id="with data parallelism, before 0.25",
    ),
    pytest.param(
        "config-key-not-read",
        ascend("0.18.0", "args: {additional-config: {enable_flashcomm1: true}}"),
        id="a key of later releases",
    ),
    pytest.param(
        "config-key-not-read",
        ascend("0.21.0rc1", "args: {additional-config: {weight_nz_mode: often}}"),
        id="a word where a number is read",
    ),
    pytest.param(
        "fused-mc2-refused",
        ascend(
            "0.26.0rc1", "model: {id: nvidia/MiniMax-M3-NVFP4, size: 100 GB}\nenv: {VLLM_ASCEND_ENABLE_FUSED_MC2: '1'}"
        ),
        id="M3, by variable",
    ),
)


@pytest.mark.parametrize(("rule", "fragment"), REFUSED)
def test_what_the_engine_refuses_is_found(rule: str, fragment: str, tmp_path: Path) -> None:
    assert rule in rules_in(compiled(tmp_path, fragment))


TAKEN = (
    pytest.param(
        "attention-backend-cannot-serve", "args: {attention-backend: FLASH_ATTN}", id="FP8 only a GPU can tell"
    ),
    pytest.param("attention-backend-cannot-serve", LATENT + "args: {attention-backend: TRITON_MLA}", id="MLA"),
    pytest.param(
        "attention-backend-cannot-serve", "env: {VLLM_ATTENTION_BACKEND: CUTLASS_MLA}", id="a variable that is gone"
    ),
    pytest.param(
        "attention-backend-cannot-serve",
        LATENT + "env: {VLLM_MLA_DISABLE: '1'}\nargs: {attention-backend: FLASHINFER}",
        id="MLA switched off",
    ),
    pytest.param(
        "attention-backend-cannot-serve",
        NEWEST + "model: {id: nvidia/MiniMax-M3-NVFP4, size: 100 GB}\nargs: {attention-backend: TRITON_MSA}",
        id="a model with backends of its own",
    ),
    pytest.param(
        "attention-backend-cannot-serve",
        "engine: {version: 0.18.2}\nargs: {attention-backend: FLASHMLA}",
        id="another version may do better",
    ),
    pytest.param(
        "context-parallel-without-backend",
        NEWEST + LATENT + "args: {prefill-context-parallel-size: 2}",
        id="a backend of MLA can",
    ),
    pytest.param(
        "context-parallel-without-backend",
        NEWEST + "model: {id: nvidia/DeepSeek-V4-Flash-NVFP4, size: 100 GB}\nargs: {prefill-context-parallel-size: 2}",
        id="attention that the shape does not tell",
    ),
    pytest.param(
        "draft-count-off-mtp-depth",
        STEP + "engine: {version: 0.23.0}\nserving: {speculative: {method: mtp, num_speculative_tokens: 2}}",
        id="fewer than the depth",
    ),
    pytest.param(
        "draft-count-off-mtp-depth",
        STEP + "engine: {version: 0.18.1}\nserving: {speculative: {method: mtp, num_speculative_tokens: 4}}",
        id="a version that does not take the depth from there",
    ),
    pytest.param(
        "draft-count-off-mtp-depth",
        STEP + "engine: {version: 0.23.0}\n"
        "serving: {speculative: {method: mtp, num_speculative_tokens: 4, options: {model: org/draft}}}",
        id="a draft model of its own",
    ),
    pytest.param(
        "graphs-without-size-for-drafts",
        "serving: {speculative: {method: ngram, num_speculative_tokens: 2}, cuda_graphs: null}\n"
        "args: {enforce-eager: false, compilation-config: {pass_config: {enable_sp: true}}}",
        id="0.18 switches sequence parallelism off on this chip",
    ),
    pytest.param(
        "graphs-without-size-for-drafts",
        "serving: {speculative: {method: ngram, num_speculative_tokens: 4}, cuda_graphs: piecewise}\n"
        "args: {max-cudagraph-capture-size: 4}",
        id="no graphs of decode steps",
    ),
    pytest.param(
        "data-parallel-by-hand",
        "parallelism: {tensor: 1, data: 2}\nargs: {data-parallel-rank: 1, data-parallel-size-local: 1}",
        id="one rank per server",
    ),
    pytest.param(
        "data-parallel-by-hand",
        "engine: {version: 0.13.0}\nparallelism: {tensor: 1, data: 2}\n"
        "args: {data-parallel-rank: 0, data-parallel-hybrid-lb: true}",
        id="a rank won, once",
    ),
    pytest.param(
        "prefill-context-parallel-refused",
        ascend("0.21.0rc1", "args: {prefill-context-parallel-size: 2}"),
        id="a release that took it",
    ),
    pytest.param(
        "prefill-context-parallel-refused",
        ascend("0.25.1rc1", "args: {prefill-context-parallel-size: 2}\nenv: {VLLM_USE_V2_MODEL_RUNNER: '1'}"),
        id="the other model runner",
    ),
    pytest.param(
        "fused-mc2-refused",
        ascend("0.23.0", "args: {additional-config: {enable_fused_mc2: 2}}"),
        id="two was a kernel once",
    ),
    pytest.param(
        "pipeline-parallel-on-whole-model",
        "model: {architecture: MiniMaxM1ForCausalLM}\nparallelism: {tensor: 1, pipeline: 2}\n"
        "args: {model-impl: transformers}",
        id="another class than its own",
    ),
)


@pytest.mark.parametrize(("rule", "fragment"), TAKEN)
def test_what_the_engine_takes_is_left_alone(rule: str, fragment: str, tmp_path: Path) -> None:
    assert rule not in rules_in(compiled(tmp_path, fragment))


def test_config_json_names_the_class_even_when_its_shape_is_not_understood(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(
        json.dumps({"model_type": "minimax", "architectures": ["MiniMaxM1ForCausalLM"]})
    )
    launch = compiled(tmp_path, "model: {config: config.json}\nparallelism: {tensor: 1, pipeline: 2}")
    assert {"pipeline-parallel-on-whole-model", "model-config-not-understood"} <= rules_in(launch)


def test_a_refused_backend_is_told_with_those_that_could(tmp_path: Path) -> None:
    launch = compiled(tmp_path, "args: {attention-backend: FLASHMLA}")
    [chip, model] = [finding for finding in launch.findings if finding.rule == "attention-backend-cannot-serve"]
    assert chip.message == "FLASHMLA of vLLM 0.18.1 does not run on compute capability 12.1; wanted 9.0, 10.0, 10.3"
    assert model.message == "FLASHMLA of vLLM 0.18.1 computes latent attention, and this model has keys and values"
    assert "FLASHINFER" in (chip.help or "")
    assert "FLEX_ATTENTION" not in (chip.help or ""), "it has no FP8 cache"


def test_a_key_of_other_releases_is_told_with_them(tmp_path: Path) -> None:
    launch = compiled(tmp_path, ascend("0.18.0", "args: {additional-config: {enable_flashcomm1: true}}"))
    [found] = [finding.message for finding in launch.findings if finding.rule == "config-key-not-read"]
    assert found == (
        "--additional-config has the key enable_flashcomm1, which vllm-ascend 0.18.0 does not read; "
        "0.21.0rc1, 0.23.0, 0.24.0rc1, 0.25.1rc1, 0.26.0rc1 do"
    )


@pytest.mark.parametrize(
    ("fragment", "rule", "help_text"),
    [
        ("args: {block-size: sixteen}", "flag-value-refused", "write what the engine's parser can read"),
        ("env: {VLLM_USE_B12X_MOE: '1'}", "variable-unknown", "only the image vllm-m3-chthonic is known to read it"),
    ],
)
def test_help_fits_the_very_case(fragment: str, rule: str, help_text: str, tmp_path: Path) -> None:
    [found] = [finding.help or "" for finding in compiled(tmp_path, fragment).findings if finding.rule == rule]
    assert found.startswith(help_text)
