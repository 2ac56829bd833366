"""CUDA graphs across nodes: off before NCCL 2.30.4, unless the author decides, with whichever key."""

from __future__ import annotations

from pathlib import Path

import pytest
from examples import compiled, rules_in

from sparkc.driver import Launch

MXFP4 = "model: {id: olka-fi/MiniMax-M2.7-MXFP4}\nquant: mxfp4\n"


def graph_words(launch: Launch) -> list[str]:
    assert launch.plan is not None
    arguments = launch.plan.head.containers[0].processes[-1].arguments
    return [
        word
        for setting in arguments
        if setting.key in ("--enforce-eager", "--no-enforce-eager", "--compilation-config")
        for word in setting.words
    ]


@pytest.mark.parametrize(
    ("fragment", "words", "reported"),
    [
        pytest.param("", ["--enforce-eager"], False, id="silence means eager"),
        pytest.param("engine: {nccl: 2.28.9}", ["--enforce-eager"], False, id="older NCCL"),
        pytest.param("engine: {nccl: 2.30.4}", [], False, id="NCCL that repairs it"),
        pytest.param("serving: {cuda_graphs: default}", [], True, id="left to the engine on purpose"),
        pytest.param(
            "serving: {cuda_graphs: none}",
            ["--compilation-config", '{"cudagraph_mode":"NONE"}'],
            False,
            id="the compiler without graphs",
        ),
        pytest.param(
            "serving: {cuda_graphs: piecewise}",
            ["--compilation-config", '{"cudagraph_mode":"PIECEWISE"}'],
            True,
            id="graphs in pieces",
        ),
        pytest.param("args: {enforce-eager: true}", ["--enforce-eager"], False, id="eager in args"),
        pytest.param("args: {enforce_eager: false}", ["--no-enforce-eager"], True, id="not eager in args"),
        pytest.param(
            "args: {compilation-config: {cudagraph_mode: NONE}}",
            ["--compilation-config", '{"cudagraph_mode":"NONE"}'],
            False,
            id="mode in args",
        ),
        pytest.param(
            "args: {compilation-config: {cudagraph_mode: FULL}}",
            ["--compilation-config", '{"cudagraph_mode":"FULL"}'],
            True,
            id="graphs in args",
        ),
        pytest.param(
            "args: {compilation-config: {mode: VLLM_COMPILE}}",
            ["--compilation-config", '{"cudagraph_mode":"NONE","mode":"VLLM_COMPILE"}'],
            False,
            id="an author who configures the compiler keeps it",
        ),
        pytest.param("parallelism: {tensor: 1, data: 2}", [], False, id="no layer is cut across nodes"),
    ],
)
def test_graphs_across_nodes(fragment: str, words: list[str], reported: bool, tmp_path: Path) -> None:
    launch = compiled(tmp_path, MXFP4 + fragment)

    assert graph_words(launch) == words
    assert ("cuda-graphs-across-nodes" in rules_in(launch)) is reported


def test_one_machine_keeps_its_graphs(tmp_path: Path) -> None:
    assert graph_words(compiled(tmp_path, "restart: on-failure", "single")) == []


def test_graphs_of_m2_in_nvfp4_are_a_known_failure_too(tmp_path: Path) -> None:
    launch = compiled(tmp_path, "serving: {cuda_graphs: default}")

    (finding,) = [finding for finding in launch.findings if finding.rule == "known-bad-combination"]
    assert finding.key == ("serving", "cuda_graphs")
    assert "https://" in finding.message
