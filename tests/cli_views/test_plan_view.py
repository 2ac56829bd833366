"""`sparkc plan` as text and JSON: the arithmetic adds up, unknown is said, nothing acts on the terminal."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest
from ledger_example import FITS, TOO_MUCH, term, with_memory

from plans import GIB, NASTY, hostile, layout, one_spark, two_sparks
from sparkc.plan import Fabric, Plan
from sparkc.report.plan_view import as_json, as_text
from sparkc.views.bar import CELLS, bar
from sparkc.views.ledger import ledgers


def bar_of(plan: Plan) -> str:
    [cells] = re.findall(r"^  \[(.*)\]$", as_text(plan), re.MULTILINE)
    assert len(cells) == CELLS
    return str(cells)


def test_each_node_has_a_line_with_what_runs_there() -> None:
    lines = as_text(two_sparks()).split("\n")
    assert "spark-1  head    10.0.0.1  enp1s0f0np0  minimax-m27-head    eugr-vllm:latest (pinned)" in lines
    assert "spark-2  worker  10.0.0.2  enp1s0f0np0  minimax-m27-worker  eugr-vllm:latest (pinned)" in lines


def test_fabric_parallelism_and_api_are_said() -> None:
    text = as_text(two_sparks())
    assert "fabric       roce, direct, rocep1s0f0 roceP2p1s0f0, 200 Gb/s, MTU 9000\n" in text
    assert "tensor 2 × pipeline 1 × data 1, expert 1, carried by ray\n" in text
    assert "serves       port 8002 on spark-1\n" in text


def test_a_single_node_has_no_fabric() -> None:
    assert "fabric       none, a single node\n" in as_text(one_spark())


def test_the_bar_gives_each_term_its_share() -> None:
    cells = bar_of(with_memory(FITS))
    # 50, 30, 12.5 and 7.5 of 100 GiB, in 72 cells
    assert cells == "W" * 36 + "K" * 22 + "H" * 9 + "." * 5


def test_a_bar_that_is_too_long_marks_where_the_pool_ends() -> None:
    text = as_text(with_memory(TOO_MUCH))
    cells = bar_of(with_memory(TOO_MUCH))
    [mark] = [line for line in text.split("\n") if "^ the pool ends here" in line]
    # 100 of 125 GiB: four fifths of the bar
    assert mark.index("^") - len("  [") + 1 == round(CELLS * 0.8)
    assert "R" in cells
    assert "25.00 GiB more than there is" in text


def test_terms_that_begin_alike_get_letters_of_their_own() -> None:
    memory = replace(FITS, terms=(term("Ray", 10, inside=True), term("reserved", 10, inside=False)))
    [ledger] = ledgers(with_memory(memory))
    assert bar(ledger).letters == {"Ray": "R", "reserved": "E"}


def test_terms_show_band_formula_and_sum() -> None:
    text = as_text(with_memory(FITS))
    assert re.search(r"^  K  KV cache +30\.00 GiB  25\.00 to 33\.50 +30\.00 GiB, counted$", text, re.MULTILINE)
    assert re.search(r"^  =  in the budget +80\.00 GiB$", text, re.MULTILINE)
    assert re.search(r"^  =  all together +100\.00 GiB$", text, re.MULTILINE)


def test_the_cache_is_told_in_tokens_and_requests() -> None:
    text = as_text(with_memory(FITS))
    assert "491,520 tokens (409,600 to 548,864), 65,536 bytes each" in text
    assert "3.8 at once with 131,072 tokens each" in text
    assert "waits until 82.00 GiB are available" in text


def test_ways_out_stand_below_checks_that_do_not_pass() -> None:
    text = as_text(with_memory(FITS))
    assert "tight    host-headroom   7.00 GiB found, 8.00 GiB wanted" in text
    assert "-> set 0.78" in text
    assert "not needed" not in text


def test_an_unknown_check_says_why_and_shows_no_number() -> None:
    text = as_text(with_memory(FITS))
    assert re.search(r"^  unknown  ray-threshold\n +unknown, because nobody measured it$", text, re.MULTILINE)


def test_nodes_that_are_alike_are_told_once() -> None:
    assert as_text(with_memory(FITS)).count("memory of ") == 1
    assert as_text(with_memory(FITS, TOO_MUCH)).count("memory of ") == 2


@pytest.mark.parametrize("make", [hostile, lambda: two_sparks(summary=NASTY, layouts=(layout(executor=NASTY),))])
def test_nothing_in_a_spec_acts_on_the_terminal(make: object) -> None:
    text = as_text(make())  # type: ignore[operator]
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b\u2028\u202e\u2066]", text)


def test_lines_fit_a_wide_terminal() -> None:
    assert max(map(len, as_text(with_memory(FITS)).split("\n"))) <= 110


def test_json_holds_every_term_with_formula_and_source() -> None:
    document = json.loads(as_json(with_memory(FITS)))
    memory = document["nodes"][0]["memory"]
    assert [entry["name"] for entry in memory["terms"]] == ["weights", "KV cache", "host", "free"]
    assert memory["terms"][0]["formula"] == "50.00 GiB, counted"
    assert memory["terms"][0]["source"] == "source of weights"
    assert memory["terms"][0]["bytes"] == 50 * GIB
    assert memory["checks"][2] == {
        "name": "ray-threshold",
        "verdict": "unknown",
        "found": None,
        "wanted": None,
        "explanation": "unknown, because nobody measured it",
        "ways_out": [],
    }


def test_json_holds_the_topology() -> None:
    document = json.loads(as_json(two_sparks()))
    assert [node["fabric"]["address"] for node in document["nodes"]] == ["10.0.0.1", "10.0.0.2"]
    assert document["nodes"][1]["containers"][0]["processes"] == [{"name": "raylet", "role": "raylet", "ranks": [1]}]
    (layout,) = document["layouts"]
    assert (layout["nodes"], layout["tensor_parallel"], layout["executor"]) == (["spark-1", "spark-2"], 2, "ray")


def test_a_node_without_an_interface_shows_a_dash() -> None:
    plan = one_spark()
    node = replace(plan.head, fabric=Fabric("none", None, "127.0.0.1", (), None, None))
    assert "127.0.0.1  -  " in as_text(replace(plan, nodes=(node,)))
