"""Every measured launch is replayed, and the planner held against what happened. Run with -s to see the figures."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

TOOLS = Path(__file__).parent.parent.parent / "tools"


def tool(name: str) -> ModuleType:
    sys.path.insert(0, str(TOOLS))
    try:
        return importlib.import_module(name)
    finally:
        sys.path.remove(str(TOOLS))


fit = tool("fit_overhead")
replay = tool("replay_launches")


def each(items: Any) -> Any:
    return pytest.mark.parametrize("one", [pytest.param(item, id=f"row-{item.id}") for item in items])


def rows(check: str) -> Any:
    return pytest.mark.parametrize("row", [pytest.param(row, id=f"row-{row['id']}") for row in replay.rows_for(check)])


# --- the table of rows -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("row", replay.rows(), ids=lambda row: f"row-{row['id']}")
def test_every_row_is_used_or_says_why_not(row: dict[str, str]) -> None:
    words = {word.partition(":")[0] for word in row["checks"].split()}
    assert words <= set(replay.CHECKS)
    assert words or row["why_not"]
    assert row["source"]
    assert row["outcome"] in ("ok", "fail")


def test_no_row_is_left_out() -> None:
    """The collection has 77 rows; sixteen on GB10 carry everything that a prediction of the cache needs."""
    assert len(replay.rows()) == 77
    complete = [
        row["id"]
        for row in replay.rows()
        if row["hardware"] == "gb10" and all(row[key] for key in ("fraction", "total_gib", "weights_gib", "kv_gib"))
    ]
    assert complete == [row["id"] for row in replay.rows_for("predict")]
    assert len(complete) == 16


@pytest.mark.parametrize("row", replay.rows(), ids=lambda row: f"row-{row['id']}")
def test_a_launch_that_worked_is_replayed_whenever_its_fraction_is_known(row: dict[str, str]) -> None:
    if row["outcome"] == "ok" and row["hardware"] == "gb10" and row["fraction"]:
        assert {"runs", "free"} & set(row["checks"].split()) or "not given" in row["why_not"]


# --- what is exact ---------------------------------------------------------------------------------------------------


@each(replay.exact())
def test_the_log_s_own_number_comes_out(one: Any) -> None:
    assert one.holds, f"{one.what}: logged {one.logged}, computed {one.computed}, allowed ±{one.allowed}"


def test_exact_parts_are_exact_as_a_whole() -> None:
    errors = [abs(one.error) for one in replay.exact()]
    assert len(errors) >= 20
    assert fit.quantile(errors, 0.5) <= 0.0005
    assert max(errors) <= 0.0135


@rows("block")
def test_the_block_is_the_logged_one(row: dict[str, str]) -> None:
    assert replay.block_of(row) == int(row["block"])


@each(replay.starts())
def test_the_check_at_start_decides_as_the_engine_did(one: Any) -> None:
    assert one.passes == one.worked


@each(start for start in replay.starts() if not start.worked)
def test_preflight_would_have_stopped_the_launch(one: Any) -> None:
    """The node must show what is asked for and 2 GiB: every refused node showed less."""
    [row] = [row for row in replay.rows_for("free") if row["id"] == one.id]
    [memory] = replay.plan_memory(replay.request_of(row))[:1]
    assert memory.needed_free is not None
    assert one.free * replay.GIB < memory.needed_free


@each(replay.sglang_pools())
def test_sglang_s_pool_is_a_tenth_of_a_gib_smaller_than_computed(one: Any) -> None:
    assert 0.04 <= one.computed - one.logged <= 0.105


# --- what is estimated -----------------------------------------------------------------------------------------------


def test_the_coefficients_are_what_the_fit_gives() -> None:
    assert fit.main(["--check"]) == 0


def test_models_left_out_of_the_fit_are_predicted_within_the_band() -> None:
    left = fit.leave_one_model_out(fit.boots())
    errors = [abs(one.error) for one in left]
    band = replay.fit_on_gb10().band
    print(  # noqa: T201  (run with -s: the figures are the point)
        f"\n{len(errors)} boots: median {fit.quantile(errors, 0.5):.2f}, p75 {fit.quantile(errors, 0.75):.2f}, "
        f"worst {max(errors):.2f} GiB; band ±{band:.2f} GiB"
    )
    assert max(errors) <= band
    assert fit.quantile(errors, 0.5) <= 2.0
    assert fit.quantile(errors, 0.75) <= 3.0


@rows("predict")
def test_the_planner_s_band_holds_the_measured_cache(row: dict[str, str]) -> None:
    request = replay.request_of(row)
    memory = replay.plan_memory(request)[0]
    [cache] = [term for term in memory.terms if term.name == "KV cache"]
    # A cache below nothing is a refusal; the term is cut off there.
    assert cache.low <= max(0.0, float(row["kv_gib"])) * replay.GIB <= cache.high


@rows("predict-discrete")
def test_overhead_beside_memory_of_its_own_lies_in_the_widest_band_seen(row: dict[str, str]) -> None:
    graphs = float(row["graphs_gib"] or 0)
    overhead = float(row["fraction"]) * float(row["total_gib"]) - float(row["weights_gib"]) - float(row["kv_gib"])
    assert 1.0 <= overhead - graphs <= 8.0


# --- verdicts --------------------------------------------------------------------------------------------------------


@each(replay.working())
def test_a_launch_that_worked_is_not_refused(one: Any) -> None:
    assert [check.name for check in one.checks if check.verdict == "no"] == []


@each(replay.failing())
def test_a_launch_that_failed_is_refused_or_warned_about(one: Any) -> None:
    assert one.verdict in ("no", "tight")


def test_the_figures() -> None:
    worked, failed = list(replay.working()), list(replay.failing())
    starts = list(replay.starts())
    refused = [one for one in failed if one.verdict == "no"]
    print(  # noqa: T201  (run with -s: the figures are the point)
        f"\n{len(worked)} launches that worked, 0 refused; {len(failed)} that failed: {len(refused)} refused, "
        f"{len(failed) - len(refused)} warned about; check at start: {len(starts)} of {len(starts)}"
    )
    assert len(worked) >= 30
    assert len(failed) + sum(not start.worked for start in starts) >= 17
