"""`sparkc plan --what-if KEY=VALUE`: the same spec with another value, beside itself."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from sparkc.cli.app import app
from sparkc.cli.what_if import as_yaml
from sparkc.findings import SparkcError

SPECS = Path(__file__).parent.parent.parent / "specs"
PAIR = "specs/minimax-m27.yaml"

Sparkc = Callable[..., Result]


@pytest.fixture
def sparkc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Sparkc:
    shutil.copytree(SPECS, tmp_path / "specs")
    (tmp_path / "sparkc.toml").write_text('specs = ["specs"]\n')
    monkeypatch.chdir(tmp_path)
    return lambda *words: CliRunner().invoke(app, ["plan", PAIR, *words])


def row(result: Result, name: str) -> list[str]:
    """Return a line of the comparison, cell by cell; its mark is the first one, or empty."""
    [line] = [line for line in result.stdout.splitlines() if line[3:].startswith(name)]
    cells = [cell.strip() for cell in line[3:].split("  ") if cell.strip()]
    return [line[:1].strip(), *cells]


def test_two_columns_stand_side_by_side(sparkc: Sparkc) -> None:
    """0.70 of 119.67 GiB is 83.77; what the cache loses is what the budget loses."""
    result = sparkc("--what-if", "serving.memory.gpu_memory_utilization=0.70")
    assert result.exit_code == 0
    assert row(result, "budget") == ["*", "budget", "98.13 GiB", "83.77 GiB"]
    assert row(result, "weights") == ["", "weights", "53.95 GiB", "53.95 GiB"]
    now, then = (float(cell.removesuffix(" GiB")) for cell in row(result, "KV cache")[2:])
    assert now - then == pytest.approx(98.13 - 83.77, abs=0.011)


def test_several_values_are_laid_over_together(sparkc: Sparkc) -> None:
    result = sparkc("--what-if", "serving.kv_cache_dtype=auto", "--what-if", "serving.max_model_len=65536")
    assert row(result, "requests of 65,536")[2:] == ["10.4", "5.2"]
    assert row(result, "requests of 131,072")[2:] == ["5.2", "-"]


def test_json_holds_both_plans(sparkc: Sparkc) -> None:
    both = json.loads(sparkc("--json", "--what-if", "serving.max_model_len=4096").stdout)
    assert both["as_it_is"]["layouts"][0]["max_model_len"] == 131072
    assert both["what_if"]["layouts"][0]["max_model_len"] == 4096


def test_fit_may_be_asked_for(sparkc: Sparkc) -> None:
    result = sparkc("--what-if", "serving.memory=fit")
    assert result.exit_code == 0
    assert row(result, "budget")[0] == "*"


def test_a_value_that_does_not_fit_the_language_is_shown_where_it_was_typed(sparkc: Sparkc) -> None:
    result = sparkc("--what-if", "serving.max_model_len=many")
    assert result.exit_code == 1
    assert "--what-if serving.max_model_len=many:" in result.stderr
    assert "whole number" in result.stderr


def test_a_key_that_is_misspelt_is_named(sparkc: Sparkc) -> None:
    result = sparkc("--what-if", "serving.max_model_length=4096")
    assert result.exit_code == 1
    assert "max_model_len" in result.stderr


@pytest.mark.parametrize("change", ["serving", "=4", "a b=1", "serving.port=", "x=1\ny: 2", "..=1"])
def test_what_is_no_key_and_value_is_refused(change: str) -> None:
    with pytest.raises(SparkcError, match="wanted KEY=VALUE"):
        as_yaml(change)


def test_a_hostile_value_stays_a_value(sparkc: Sparkc) -> None:
    result = sparkc("--what-if", "serving.served_model_name='a\x1b[31m'")
    assert "\x1b" not in result.stdout + result.stderr
