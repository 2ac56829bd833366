"""The gate notices what it is there for: names missing or made up, stale catalogs, refused command lines."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from calling import REPOSITORY
from sparkc.catalog.entries import HEAD_SIZES

GATE = REPOSITORY / "tools" / "catalog_gate"
sys.path[:0] = [str(GATE), str(GATE / "parsers")]

from command_lines import CommandLine, command_lines  # noqa: E402  (the tool is no package)
from figures import Figures, compare, page  # noqa: E402
from interview import answers, refusal  # noqa: E402
from real_parser import Answer  # noqa: E402

CATALOG = (
    '{\n"read_from": "a.whl",\n"flags": {"--size": {"aliases": ["-s"]}, "--fast": {"negatives": ["--no-fast"]}},\n'
    '"variables": {"NAME": {}}\n}\n'
)
CLASSES = (
    '{"flags": {}, "variables": {},'
    ' "registered": {"models": ["A", "B"], "whole_models": ["B"]},'
    ' "backends": {"X": {"mla": true, "head_sizes": [64]}}}'
)
REAL = Answer(frozenset({"--size", "-s", "--fast", "--no-fast"}), frozenset({"NAME"}), (), {}, {})


def figures(answer: Answer = REAL, extracted: str = CATALOG, lines: list[CommandLine] | None = None) -> Figures:
    return compare("engine-1.0", CATALOG, extracted, answer, lines or [])


def test_a_catalog_that_is_right_passes() -> None:
    found = figures()
    assert found.passes
    assert (found.options.recall, found.options.precision, found.options.real) == (1.0, 1.0, 4)


def test_a_name_that_the_catalog_lacks_lowers_recall() -> None:
    found = figures(Answer(REAL.options | {"--new"}, REAL.variables, (), {}, {}))
    assert not found.passes
    assert (found.options.recall, found.options.precision) == (0.8, 1.0)
    assert found.options.missing == ("--new",)
    assert "the catalog lacks options --new" in found.sentence()


def test_a_name_that_is_made_up_lowers_precision() -> None:
    found = figures(Answer(REAL.options, frozenset({"OTHER"}), (), {}, {}))
    assert (found.variables.recall, found.variables.precision) == (0.0, 0.0)
    assert (found.variables.missing, found.variables.surplus) == (("OTHER",), ("NAME",))


def test_a_catalog_that_is_not_what_the_release_extracts_to_fails_whatever_the_wheel_is_called() -> None:
    assert figures(extracted=CATALOG.replace("a.whl", "b.whl")).passes
    assert not figures(extracted=CATALOG.replace("-s", "-z")).passes


def test_a_refused_command_line_fails_and_says_what_the_parser_said() -> None:
    lines = [CommandLine("generated/a", "engine-1.0", ()), CommandLine("generated/b", "engine-1.0", ("--no",))]
    found = figures(Answer(REAL.options, REAL.variables, (None, "unrecognized arguments: --no"), {}, {}), lines=lines)
    assert not found.passes
    assert found.accepted == 1
    assert found.refused == ("generated/b: unrecognized arguments: --no",)
    assert "| 1 of 2 |" in page([found])


@pytest.mark.parametrize(
    ("stages", "backends", "contradicted"),
    [
        (
            {"A": True, "B": False, "of a plug-in": True},
            {"X": {"mla": True, "head_sizes": [size for size in HEAD_SIZES if size != 64]}},
            (),
        ),
        ({"A": False}, {}, ("A runs in one stage only",)),
        ({"B": True}, {}, ("B runs in stages",)),
        ({}, {"X": {"mla": False}}, ("X.mla is False",)),
        pytest.param({}, {"X": {"mla": None}}, (), id="what needs a GPU to answer contradicts nobody"),
        (
            {},
            {"X": {"head_sizes": [size for size in HEAD_SIZES if size not in (64, 128)]}},
            ("X takes head_sizes 128",),
        ),
    ],
)
def test_what_the_engine_says_of_its_classes_is_held_against_the_catalog(
    stages: dict[str, bool], backends: dict[str, Any], contradicted: tuple[str, ...]
) -> None:
    answer = Answer(frozenset({"--x"}), frozenset({"X"}), (), stages, backends)
    catalog = CLASSES.replace('"flags": {}', '"flags": {"--x": {}}').replace(
        '"variables": {}', '"variables": {"X": {}}'
    )
    found = compare("engine-1.0", catalog, catalog, answer, [])
    assert found.contradicted == contradicted
    assert found.classes == len(stages) + len(backends)
    assert found.passes is not bool(contradicted)


@pytest.fixture
def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(prog="engine")
    made.add_argument("model")
    made.add_argument("--size", "-s", type=int)
    made.add_argument("--fast", action=argparse.BooleanOptionalAction)
    return made


def test_the_interview_leaves_out_help_and_positional_arguments(parser: argparse.ArgumentParser) -> None:
    said = answers(parser, {"NAME": None}, [["m", "--size", "3"]])
    assert said == {"options": ["--fast", "--no-fast", "--size", "-s"], "variables": ["NAME"], "refusals": [None]}


def test_a_refusal_is_the_last_thing_the_parser_says(parser: argparse.ArgumentParser) -> None:
    assert refusal(parser, ["m", "--size", "many"]) == ("engine: error: argument --size/-s: invalid int value: 'many'")


def plan(**changes: Any) -> dict[str, Any]:
    def setting(key: str, value: Any) -> dict[str, Any]:
        return {"key": key, "value": value}

    process = {
        "name": "engine",
        "program": ["vllm", "serve"],
        "operands": [setting("model", "org/name")],
        "arguments": [
            setting("--max-model-len", "4096"),
            setting("--enforce-eager", None),
            setting("--served-model-name", ["a", "b"]),
            setting("--virtual-shards", "3"),
        ],
    }
    raylet = {"name": "raylet", "program": ["ray", "start"], "operands": [], "arguments": []}
    node = {"name": "spark-1", "containers": [{"processes": [raylet, process]}]}
    told = {"engine": "vllm", "engine_version": "0.18.1rc1", "fork_provides": [], "nodes": [node]}
    return {**told, **changes}


def lines_of(folder: Path, told: dict[str, Any]) -> list[CommandLine]:
    (folder / "generated/it").mkdir(parents=True)
    (folder / "generated/it/plan.json").write_text(json.dumps(told))
    return command_lines(folder / "generated")


def test_an_engine_process_becomes_the_words_after_serve(tmp_path: Path) -> None:
    [line] = lines_of(tmp_path, plan())
    assert line.release == "vllm-0.18.1"
    assert line.words == (
        "org/name", "--max-model-len", "4096", "--enforce-eager", "--served-model-name", "a", "b",
        "--virtual-shards", "3",
    )  # fmt: skip


def test_flags_of_a_fork_are_left_out(tmp_path: Path) -> None:
    [line] = lines_of(tmp_path, plan(fork_provides=["virtual-sharding"]))
    assert "--virtual-shards" not in line.words
    assert line.words[-2:] == ("a", "b")


@pytest.mark.parametrize("version", ["unknown", "0.18.2"])
def test_a_version_without_a_catalog_has_no_parser_to_ask(version: str, tmp_path: Path) -> None:
    assert lines_of(tmp_path, plan(engine_version=version)) == []


def test_a_plugin_is_asked_at_the_engine_below(tmp_path: Path) -> None:
    [line] = lines_of(tmp_path, plan(engine="vllm-ascend", engine_version="0.18.0"))
    assert line.release == "vllm-0.18.0"
