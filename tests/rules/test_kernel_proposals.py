"""Marlin for NVFP4: said in the words of the pinned version, and never over the author's own choice."""

from __future__ import annotations

from pathlib import Path

import pytest
from examples import compiled, rules_in

from sparkc.driver import Launch

FLAGS = ("--moe-backend", "--linear-backend", "--kernel-config")
NVFP4_LAYERS = '{"linear_backend_per_quant":{"nvfp4_w4a4":"marlin"}}'
VARIABLES = ("VLLM_NVFP4_GEMM_BACKEND", "VLLM_USE_FLASHINFER_MOE_FP4", "VLLM_TEST_FORCE_FP8_MARLIN")


def said(launch: Launch) -> dict[str, str]:
    """Return everything that the launch says about NVFP4 kernels, to any process on the head."""
    assert launch.plan is not None
    container = launch.plan.head.containers[0]
    settings = [
        *container.environment,
        *(setting for process in container.processes for setting in (*process.environment, *process.arguments)),
    ]
    return {setting.key: str(setting.value) for setting in settings if setting.key in (*FLAGS, *VARIABLES)}


@pytest.mark.parametrize(
    ("version", "wanted"),
    [
        pytest.param(
            "0.16.0",
            {
                "VLLM_NVFP4_GEMM_BACKEND": "marlin",
                "VLLM_USE_FLASHINFER_MOE_FP4": "0",
                "VLLM_TEST_FORCE_FP8_MARLIN": "1",
            },
            id="before there were flags",
        ),
        pytest.param(
            "0.13.0",
            {"VLLM_USE_FLASHINFER_MOE_FP4": "0", "VLLM_TEST_FORCE_FP8_MARLIN": "1"},
            id="whose variable for layers does not know Marlin yet",
        ),
        pytest.param(
            "0.18.1",
            {"--moe-backend": "marlin", "VLLM_NVFP4_GEMM_BACKEND": "marlin"},
            id="a flag for the experts, a variable for the rest",
        ),
        pytest.param("0.18.1rc1", {"--moe-backend": "marlin", "VLLM_NVFP4_GEMM_BACKEND": "marlin"}, id="its candidate"),
        pytest.param("0.23.0", {"--moe-backend": "marlin", "--linear-backend": "marlin"}, id="a flag for all layers"),
        pytest.param("0.30.0", {"--moe-backend": "marlin", "--kernel-config": NVFP4_LAYERS}, id="NVFP4 layers alone"),
        pytest.param("0.33.0", {"--moe-backend": "marlin", "--kernel-config": NVFP4_LAYERS}, id="the newest"),
        pytest.param("unknown", {}, id="nobody knows the words"),
    ],
)
def test_marlin_is_asked_for_in_the_words_of_the_version(version: str, wanted: dict[str, str], tmp_path: Path) -> None:
    assert said(compiled(tmp_path, f"engine: {{version: {version}}}")) == wanted


def test_author_who_chose_the_kernel_for_experts_has_chosen_for_all(tmp_path: Path) -> None:
    assert said(compiled(tmp_path, "args: {moe-backend: triton}")) == {"--moe-backend": "triton"}


def test_model_without_experts_gets_no_kernel_for_them(tmp_path: Path) -> None:
    launch = compiled(tmp_path, "model: {id: meta-llama/Llama-3.3-70B-Instruct, size: 40 GB}", "single")

    assert said(launch) == {"--kernel-config": NVFP4_LAYERS}


def test_author_who_chose_the_kernel_for_layers_is_asked_only_about_experts(tmp_path: Path) -> None:
    fragment = "engine: {version: 0.33.0}\nargs: {linear-backend: triton}"

    assert said(compiled(tmp_path, fragment)) == {"--moe-backend": "marlin", "--linear-backend": "triton"}


@pytest.mark.parametrize(
    "fragment",
    [
        pytest.param("quant: fp8", id="another format"),
        pytest.param("nodes: {hardware: atlas-800i-a2}", id="another chip"),
    ],
)
def test_marlin_is_for_nvfp4_on_this_chip_only(fragment: str, tmp_path: Path) -> None:
    assert said(compiled(tmp_path, fragment)) == {}


@pytest.mark.parametrize(
    "fragment",
    [
        "args: {moe-backend: flashinfer_trtllm}",
        "env: {VLLM_NVFP4_GEMM_BACKEND: cutlass}",
        'env: {VLLM_USE_FLASHINFER_MOE_FP4: "1"}',
        "roles: {worker: {env: {VLLM_NVFP4_GEMM_BACKEND: flashinfer-cutlass}}}",
    ],
)
def test_immature_kernels_are_reported_wherever_they_are_asked_for(fragment: str, tmp_path: Path) -> None:
    assert "nvfp4-without-marlin" in rules_in(compiled(tmp_path, fragment))


@pytest.mark.parametrize("fragment", ["args: {moe-backend: auto}", "args: {moe_backend: marlin}"])
def test_engine_choice_and_other_spellings_stay_quiet(fragment: str, tmp_path: Path) -> None:
    assert "nvfp4-without-marlin" not in rules_in(compiled(tmp_path, fragment))


@pytest.mark.parametrize(
    ("fragment", "required"),
    [
        pytest.param("engine: {version: 0.18.1}", [True], id="asked for by a flag"),
        pytest.param("engine: {version: 0.16.0}", [True], id="asked for by a variable"),
        pytest.param("args: {moe-backend: triton}", [], id="the author chose another"),
        pytest.param("engine: {version: unknown}", [False], id="left to the engine"),
    ],
)
def test_verify_insists_on_marlin_only_where_it_was_asked_for(
    fragment: str, required: list[bool], tmp_path: Path
) -> None:
    plan = compiled(tmp_path, fragment).plan

    assert plan is not None
    assert [marker.required for marker in plan.service.markers if "Marlin" in marker.proves] == required
