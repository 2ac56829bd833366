"""The figures of the last run of `make formulas` are whole, and those of the planner as it is."""

from __future__ import annotations

import sys

import pytest

from calling import REPOSITORY

sys.path.append(str(REPOSITORY / "tools" / "formula_gate"))

from compared import ASK, Asked, ask_ray, compare
from formula_figures import PAGE, Figures, Row, page, read_figures, row

FIGURES = read_figures(REPOSITORY)
NEEDED = {
    "vllm-0.18.1", "vllm-0.21.0", "vllm-0.23.0", "vllm-0.33.0", "sglang-0.5.12", "sglang-0.5.23", "ray-2.54.0",
    "ray-2.60.0",
}  # fmt: skip


def test_every_engine_was_asked() -> None:
    assert {figures.release for figures in FIGURES} >= NEEDED


@pytest.mark.parametrize("figures", FIGURES, ids=[figures.release for figures in FIGURES])
def test_no_formula_differs_by_more_than_is_allowed(figures: Figures) -> None:
    assert figures.passes, figures.sentence()


@pytest.mark.parametrize("figures", FIGURES, ids=[figures.release for figures in FIGURES])
def test_figures_are_of_the_planner_that_is_committed(figures: Figures) -> None:
    engine, _, version = figures.release.partition("-")
    assert figures.asked == ASK[engine](version).digest, "run `make formulas`"


def test_the_page_is_made_from_the_figures() -> None:
    assert (REPOSITORY / PAGE).read_text("utf-8") == page(FIGURES)


def test_a_difference_beyond_the_allowed_one_fails() -> None:
    assert row("f", "bytes", [(1, 1), (5, 4)], 1) == Row("f", "bytes", 2, 1, 1.0, 1)
    for pairs in ([(5, 3)], [(True, False)]):
        found = row("f", "bytes", pairs, 0.5)
        assert found is not None
        assert not Figures("engine-1", "", (found,)).passes
        assert "<-- differs" in Figures("engine-1", "", (found,)).sentence()


def test_nothing_compared_is_nothing_that_passes() -> None:
    assert row("f", "bytes", []) is None
    assert not Figures("engine-1", "", ()).passes


def test_an_engine_that_says_otherwise_is_found() -> None:
    asked = ask_ray("2.54.0")
    real = {"stores": list(asked.planned["stores"])}
    assert compare("ray", "2.54.0", asked, real).passes
    real["stores"][7] += 2
    assert not compare("ray", "2.54.0", asked, real).passes
    assert Asked(asked.questions, real).digest != asked.digest
