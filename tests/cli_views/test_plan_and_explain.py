"""`sparkc plan` and `sparkc explain` as they are typed: what they print, and the status they end with."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from sparkc.cli.app import app
from sparkc.findings import SparkcError

SPECS = Path(__file__).parent.parent.parent / "specs"
SINGLE, PAIR = "specs/qwen36-35b-nvfp4.yaml", "specs/minimax-m27.yaml"

Sparkc = Callable[..., Result]


@pytest.fixture
def sparkc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Sparkc:
    """Run the command line in a project of its own that holds our specs."""
    shutil.copytree(SPECS, tmp_path / "specs")
    (tmp_path / "sparkc.toml").write_text('specs = ["specs"]\n')
    monkeypatch.chdir(tmp_path)
    return lambda *words: CliRunner().invoke(app, list(words))


def refusal(result: Result) -> SparkcError:
    assert isinstance(result.exception, SparkcError)
    return result.exception


def test_plan_shows_nodes_and_memory(sparkc: Sparkc) -> None:
    result = sparkc("plan", SINGLE)
    assert result.exit_code == 0
    assert "memory of spark-1: 119.67 GiB, shared by CPU and GPU" in result.stdout
    assert "free-at-start" in result.stdout


def test_plan_shows_the_variant_that_is_named(sparkc: Sparkc) -> None:
    assert "minimax-m27-published-head" in sparkc("plan", PAIR, "--variant", "published").stdout
    assert "published" not in sparkc("plan", PAIR).stdout


def test_plan_as_json_is_json_alone(sparkc: Sparkc) -> None:
    document = json.loads(sparkc("plan", SINGLE, "--json").stdout)
    terms = document["nodes"][0]["memory"]["terms"]
    assert all(term["formula"] and term["source"] for term in terms)


def test_plan_of_a_spec_with_an_error_prints_both_and_ends_with_1(sparkc: Sparkc) -> None:
    spec = Path(SINGLE)
    spec.write_text(spec.read_text().replace("targets: [shell,", "targets: [shel,"))
    result = sparkc("plan", SINGLE)
    assert result.exit_code == 1
    assert "memory of spark-1" in result.stdout
    assert "target-unknown" in result.stderr


def test_plan_of_a_file_that_is_not_there_ends_with_2(sparkc: Sparkc) -> None:
    result = sparkc("plan", "specs/nope.yaml")
    assert result.exit_code == 2
    assert "no-such-file" in result.stderr


def test_plan_of_text_that_cannot_be_typed_shows_findings_only(sparkc: Sparkc) -> None:
    Path(SINGLE).write_text("nodes: 3\n")
    result = sparkc("plan", SINGLE)
    assert result.exit_code == 1
    assert result.stdout == ""
    assert "error[" in result.stderr


def test_a_variant_that_is_not_there_is_guessed(sparkc: Sparkc) -> None:
    refused = refusal(sparkc("plan", PAIR, "--variant", "publised"))
    assert "did you mean `published`?" in str(refused)
    assert refused.status == 2


def test_a_spec_without_variants_says_so(sparkc: Sparkc) -> None:
    assert "has no variants" in str(refusal(sparkc("plan", SINGLE, "--variant", "x")))


def test_explain_tells_a_setting(sparkc: Sparkc) -> None:
    result = sparkc("explain", SINGLE, "max_model_len")
    assert result.exit_code == 0
    assert result.stdout.startswith("--max-model-len 262144\n")
    assert f"spec {SINGLE} serving.max_model_len" in result.stdout


def test_explain_of_a_variant_tells_its_own(sparkc: Sparkc) -> None:
    assert "NCCL_IB_DISABLE 1" in sparkc("explain", PAIR, "NCCL_IB_DISABLE", "--variant", "published").stdout
    assert refusal(sparkc("explain", PAIR, "NCCL_IB_DISABLE")).status == 1


def test_explain_guesses_a_slip_and_ends_with_1(sparkc: Sparkc) -> None:
    refused = refusal(sparkc("explain", SINGLE, "max-modle-len"))
    assert "did you mean `--max-model-len`?" in str(refused)
    assert refused.status == 1


@pytest.mark.parametrize("front", ["", "generated/qwen36-35b-nvfp4/", "./", "/somewhere/generated/qwen36-35b-nvfp4/"])
def test_explain_tells_a_line_of_a_generated_file(sparkc: Sparkc, front: str) -> None:
    from sparkc.cli.compiling import compile_all, project_of

    spec = Path(SINGLE)
    import datetime

    [compilation] = compile_all([spec], project_of([spec]), datetime.date(2026, 11, 20))
    assert compilation.tree is not None
    [script] = [
        file
        for file in compilation.tree.artifacts
        if file.path.startswith("shell/") and file.path.endswith("/start-qwen36-35b-nvfp4.sh")
    ]
    number = next(n for n, line in enumerate(script.text.split("\n"), 1) if "--max-num-seqs" in line)
    result = sparkc("explain", SINGLE, f"{front}{script.path}:{number}")
    assert result.exit_code == 0, result.exception
    assert result.stdout.startswith("--max-num-seqs 4\n")
    assert result.stdout.count("\n\n") == 0


def test_a_line_behind_the_end_of_a_file_is_refused(sparkc: Sparkc) -> None:
    refused = refusal(sparkc("explain", SINGLE, "shell/launch.sh:99999"))
    assert "found line 99999" in str(refused)


def test_explain_of_an_unknown_rule_ends_with_1(sparkc: Sparkc) -> None:
    refused = refusal(sparkc("explain", "image-not-pined"))
    assert "did you mean `image-not-pinned`?" in str(refused)
    assert refused.status == 1


def test_explain_of_a_spec_alone_asks_what(sparkc: Sparkc) -> None:
    refused = refusal(sparkc("explain", SINGLE))
    assert "sparkc explain SPEC WHAT" in str(refused)
    assert refused.status == 2


def test_explain_of_a_rule_prints_its_page(sparkc: Sparkc) -> None:
    result = sparkc("explain", "image-not-pinned")
    assert result.exit_code == 0
    assert "image-not-pinned" in result.stdout.split("\n")[0]
