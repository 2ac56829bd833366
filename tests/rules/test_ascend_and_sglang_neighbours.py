"""Launches beside the examples of the rules about NPUs and SGLang: second forms of a trouble, and quiet neighbours."""

from __future__ import annotations

from pathlib import Path

import pytest
from examples import compiled, rules_in

A3 = """
nodes: {hardware: atlas-800-a3}
engine: {version: VERSION, image: {ref: "quay.io/ascend/vllm-ascend:vVERSION-a3"}}
"""
MINIMAX_FP8 = "model: {id: MiniMaxAI/MiniMax-M2.7, hub: huggingface, path: null, size: null}\nquant: fp8\n"
FOUR_A3 = """
nodes:
  hardware: atlas-800-a3
  hosts:
    - {name: atlas-1, address: 10.0.0.1}
    - {name: atlas-2, address: 10.0.0.2}
    - {name: atlas-3, address: 10.0.0.3}
    - {name: atlas-4, address: 10.0.0.4}
interconnect: {kind: tcp, interface: eth0, topology: switch}
engine: {executor: mp, image: {ref: "quay.io/ascend/vllm-ascend:v0.21.0rc1-a3"}}
parallelism: {tensor: 8, data: 8, expert: 64}
"""
EAGLE3 = "serving: {speculative: {method: eagle3, num_speculative_tokens: 1, model: MODEL}}\n"
TWO_ATLAS = """
nodes:
  hosts:
    - {name: atlas-1, address: 10.0.0.1}
    - {name: atlas-2, address: 10.0.0.2}
interconnect: {kind: tcp, interface: eth0, topology: switch}
engine: {executor: mp}
parallelism: {tensor: 16, expert: 16}
"""


def a3(more: str, version: str = "0.21.0rc1") -> str:
    return A3.replace("VERSION", version) + more


def eagle3(model: str) -> str:
    return EAGLE3.replace("MODEL", model)


FOUND = (
    pytest.param("atlas", "fp8-checkpoint-on-npu", a3(MINIMAX_FP8, "0.13.0"), id="before FP8 of MiniMax was read"),
    pytest.param("atlas", "fp8-grows-to-bf16", a3(MINIMAX_FP8, "0.26.0rc1"), id="the newest release"),
    pytest.param(
        "atlas",
        "fused-mc2-with-few-ranks",
        a3("parallelism: {tensor: 2, data: 8, expert: 16}\nenv: {VLLM_ASCEND_ENABLE_FUSED_MC2: 1}"),
        id="said with the variable",
    ),
    pytest.param(
        "atlas",
        "allocator-settings-exclude-each-other",
        "env: {PYTORCH_NPU_ALLOC_CONF: 'garbage_collection_threshold:0.8, expandable_segments:true'}",
        id="the other limit",
    ),
    pytest.param(
        "atlas",
        "prefill-context-with-drafts",
        eagle3("{path: /srv/eagle3, size: 1 GB}") + "args: {decode-context-parallel-size: 2}",
        id="decode context",
    ),
    pytest.param(
        "sglang-pair",
        "reported-bad-combination",
        "serving: {speculative: {method: NEXTN, num_speculative_tokens: 3}}",
        id="NEXTN slows MiniMax down",
    ),
    pytest.param(
        "sglang-pair",
        "reported-bad-combination",
        "engine: {version: 0.5.10}\nparallelism: {expert: 2}\nargs: {moe-runner-backend: triton}",
        id="experts spread on Triton",
    ),
    pytest.param(
        "single",
        "draft-of-another-release",
        "model: {id: someone/GLM-4.7-AWQ}\n" + eagle3("{id: someone/eagle3-glm4.5, size: 1 GB}"),
        id="a draft of another engine's model",
    ),
)

QUIET = (
    pytest.param("atlas", "fp8-checkpoint-on-npu", a3(MINIMAX_FP8), id="FP8 of MiniMax is read"),
    pytest.param("atlas", "fp8-grows-to-bf16", a3(MINIMAX_FP8, "0.13.0"), id="refused, so it cannot grow"),
    pytest.param(
        "atlas",
        "fused-mc2-beyond-its-ranks",
        FOUR_A3 + "args: {additional-config: {enable_fused_mc2: 2}}",
        id="the kernel without a limit",
    ),
    pytest.param(
        "atlas",
        "balance-scheduling-only-by-key",
        "engine: {version: 0.23.0}\nenv: {VLLM_ASCEND_BALANCE_SCHEDULING: 1}",
        id="a release that reads the variable",
    ),
    pytest.param(
        "atlas",
        "allocator-settings-exclude-each-other",
        "env: {PYTORCH_NPU_ALLOC_CONF: 'max_split_size_mb:256,expandable_segments:False'}",
        id="expandable segments are off",
    ),
    pytest.param("atlas", "links-of-an-a2", a3("env: {HCCL_INTRA_PCIE_ENABLE: 1}"), id="one of the pair alone"),
    pytest.param("atlas", "draft-of-another-release", eagle3("{path: /srv/Eagle3, size: 1 GB}"), id="no release named"),
    pytest.param(
        "atlas", "draft-of-another-release", eagle3("{id: someone/Eagle3.1-MiniMax-M2.7}"), id="another number"
    ),
    pytest.param("atlas", "npus-give-up-early", "restart: on-failure", id="one node waits for nobody"),
    pytest.param("atlas", "npus-give-up-early", TWO_ATLAS, id="what the rule proposes"),
    pytest.param("atlas", "npus-give-up-early", TWO_ATLAS + "env: {HCCL_CONNECT_TIMEOUT: 600}", id="the author's word"),
    pytest.param("atlas", "modelscope-weights-by-id", "model: {hub: huggingface, path: null}", id="the other hub"),
    pytest.param(
        "sglang",
        "reported-bad-combination",
        "serving: {speculative: {method: NEXTN, num_speculative_tokens: 3}}",
        id="NEXTN for another model",
    ),
)


@pytest.mark.parametrize(("base", "rule", "fragment"), FOUND)
def test_trouble_is_found(base: str, rule: str, fragment: str, tmp_path: Path) -> None:
    assert rule in rules_in(compiled(tmp_path, fragment, base))


@pytest.mark.parametrize(("base", "rule", "fragment"), QUIET)
def test_a_neighbour_is_quiet(base: str, rule: str, fragment: str, tmp_path: Path) -> None:
    assert rule not in rules_in(compiled(tmp_path, fragment, base))


@pytest.mark.parametrize(("layout", "speaks"), [("{tensor: 2}", True), ("{tensor: 1, pipeline: 2}", False)])
def test_kernels_of_experts_are_asked_for_where_they_were_proven(layout: str, speaks: bool, tmp_path: Path) -> None:
    launch = compiled(tmp_path, f"parallelism: {layout}\nargs: {{moe-runner-backend: null}}", "sglang-pair")
    assert ("experts-left-to-sglang" in rules_in(launch)) is speaks


def test_two_nodes_of_npus_wait_two_hours_for_each_other(tmp_path: Path) -> None:
    plan = compiled(tmp_path, TWO_ATLAS, "atlas").plan
    assert plan is not None
    variables = [{setting.key: setting.value for setting in node.containers[0].environment} for node in plan.nodes]
    assert [said["HCCL_CONNECT_TIMEOUT"] for said in variables] == ["7200", "7200"]
