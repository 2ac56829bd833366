"""The decode roofline: an estimate from published shapes, held against what was published."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest

from sparkc.catalog.models import find_family
from sparkc.cli.toolbox import toolbox
from sparkc.driver import compile_spec
from sparkc.plan import DecodeBound
from sparkc.resolve.decode_bound import active_share
from sparkc.source.project import Plugins

SPECS = Path(__file__).parent.parent.parent / "specs"


def bound(name: str) -> DecodeBound:
    plan = compile_spec(SPECS / name, SPECS.parent, toolbox(Plugins()), datetime.date(2026, 11, 20)).launches[0].plan
    assert plan is not None
    assert plan.layouts[0].decode is not None
    return plan.layouts[0].decode


def test_ten_of_228_billion_parameters_of_minimax_are_active() -> None:
    """10.4 with the output matrix, of 228.6 billion; the embedding of the input adds 0.6."""
    model = find_family("minimax-m2")
    assert model is not None
    assert float(active_share(model.shape)) * 228.6 == pytest.approx(11.0, abs=0.1)


def test_a_dense_model_reads_everything() -> None:
    model = find_family("llama-3.3-70b")
    assert model is not None
    assert active_share(model.shape) == 1


def test_the_formula_is_the_number() -> None:
    """2 × 240 GB/s / 5.5 GB = 87 tokens/s; 12.4 were published over sockets, 15 to 26 % of such an estimate."""
    found = bound("minimax-m27.yaml")
    assert found.formula == "2 × 240 GB/s / 5.5 GB of active weights"
    assert found.tokens_per_second == pytest.approx(2 * 240 / 5.5, rel=0.01)
    assert (found.reached_low, found.reached_high) == (0.35, 0.6)


def test_one_node_reaches_more_of_it_than_two() -> None:
    assert (bound("qwen36-35b-nvfp4.yaml").reached_low or 0) > (bound("minimax-m27.yaml").reached_high or 1)
