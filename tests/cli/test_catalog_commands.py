"""`sparkc catalog` tells what a version understands, what changes, and reads a release."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from calling import PAIR, project, sparkc


@pytest.mark.parametrize("command", ["list", "show", "diff", "extract"])
def test_every_command_has_help(command: str, tmp_path: Path) -> None:
    called = sparkc("catalog", command, "--help", cwd=tmp_path)
    assert called.status == 0
    assert "Usage:" in called.out


def test_list_names_every_version_in_order(tmp_path: Path) -> None:
    known = json.loads(sparkc("catalog", "list", "--json", cwd=tmp_path).out)
    assert known["vllm"][0] == "0.11.0"
    assert known["vllm"][-1] == "0.33.0"
    assert "0.5.12" in sparkc("catalog", "list", cwd=tmp_path).out


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("--max-model-len", "flag: --max-model-len"),
        pytest.param("-tp", "flag: --tensor-parallel-size", id="an alias"),
        pytest.param("--no-enable-prefix-caching", "flag: --enable-prefix-caching", id="a negative"),
        ("VLLM_MARLIN_USE_ATOMIC_ADD", "variable: VLLM_MARLIN_USE_ATOMIC_ADD"),
        ("tool_parsers", "group: tool_parsers"),
        ("KernelConfig", "json_value: KernelConfig"),
        ("FLASHMLA", "attention_backend: FLASHMLA"),
        ("MiniMaxM2ForCausalLM", "model: MiniMaxM2ForCausalLM"),
    ],
)
def test_show_finds_names_of_every_kind(name: str, line: str, tmp_path: Path) -> None:
    called = sparkc("catalog", "show", "vllm", "0.33.0", name, cwd=tmp_path)
    assert called.status == 0, called.err
    assert called.out.splitlines()[0] == line


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("VLLM_NVFP4_GEMM_BACKEND", "last in 0.23.0, gone by 0.24.0; instead: --linear-backend"),
        ("--max-model-length", "did you mean `--max-model-len`?"),
    ],
)
def test_show_says_what_became_of_a_name_that_is_not_there(name: str, hint: str, tmp_path: Path) -> None:
    called = sparkc("catalog", "show", "vllm", "0.33.0", name, cwd=tmp_path)
    assert called.status == 1
    assert hint in called.err


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (("show", "vlm", "0.33.0"), "did you mean `vllm`?"),
        (("show", "vllm", "0.17.0"), "there is no catalog of vllm `0.17.0`"),
        (("diff", "vllm", "0.21.0", "unknown"), "there is no catalog of vllm `unknown`"),
    ],
)
def test_a_version_without_a_catalog_is_one_sentence(words: tuple[str, ...], hint: str, tmp_path: Path) -> None:
    called = sparkc("catalog", *words, cwd=tmp_path)
    assert (called.status, called.err.count("\n")) == (2, 1)
    assert hint in called.err


def test_a_candidate_belongs_to_its_release(tmp_path: Path) -> None:
    assert "version: 0.18.1\n" in sparkc("catalog", "show", "vllm", "0.18.1rc1", cwd=tmp_path).out


def test_diff_says_the_same_as_text_and_as_json(tmp_path: Path) -> None:
    text = sparkc("catalog", "diff", "vllm", "0.21.0", "0.33.0", cwd=tmp_path).out
    data = json.loads(sparkc("catalog", "diff", "vllm", "0.21.0", "0.33.0", "--json", cwd=tmp_path).out)
    assert "VLLM_NVFP4_GEMM_BACKEND  last in 0.23.0, gone by 0.24.0; instead: --linear-backend" in text
    assert {
        "name": "VLLM_NVFP4_GEMM_BACKEND",
        "last": "0.23.0",
        "gone_by": "0.24.0",
        "instead": ["--linear-backend"],
    } in (data["removed"])
    assert all(lost["name"] in text for lost in data["removed"])
    assert all(name in text for name in data["added"])


def test_check_with_another_version_tells_only_what_an_upgrade_changes(tmp_path: Path) -> None:
    folder = project(tmp_path, pair=PAIR + "\nenv: {VLLM_NVFP4_GEMM_BACKEND: marlin, NOBODY_READS_THIS: x}\n")
    today = sparkc("check", "specs/pair.yaml", cwd=folder)
    then = sparkc("check", "--engine-version", "0.33.0", "--format", "json", "specs/pair.yaml", cwd=folder)
    assert "variable-unknown" in today.out
    assert "variable-not-in-this-version" not in today.out
    assert then.status == 1
    assert "VLLM_NVFP4_GEMM_BACKEND" in then.out
    assert "defaults-moved" in then.out
    assert "NOBODY_READS_THIS" not in then.out


def test_check_with_the_pinned_version_tells_nothing(tmp_path: Path) -> None:
    folder = project(tmp_path, pair=PAIR)
    called = sparkc("check", "--engine-version", "0.18.1", "specs/pair.yaml", cwd=folder)
    assert (called.status, "pair.yaml" in called.out) == (0, False)
