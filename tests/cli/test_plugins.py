"""Rules and targets of other distributions come by entry points, and only when sparkc.toml names them."""

from __future__ import annotations

from pathlib import Path

import pytest

from calling import PAIR, project, sparkc

RULE = """
from sparkc.findings import Failure, Severity
from sparkc.rules.rule import Complaint, Evidence, Rule

RULE = Rule(
    name="port-is-eight-thousand", severity=Severity.WARNING, failure=Failure.SLOW, summary="s", why="w", help="h",
    evidence=(Evidence("https://example.org", "says so"),), bad="", good="",
    check=lambda plan, facts: iter([Complaint(("serving", "port"), "found 8000, wanted another")]),
)
"""
TARGET = """
from sparkc.artifact import Artifact, Target
from sparkc.plan import Need

TARGET = Target("note", "one line", frozenset(Need), lambda plan: iter([Artifact("note/note.txt", plan.name + "\\n")]))
"""


@pytest.fixture
def installed(tmp_path: Path) -> dict[str, str]:
    """Return the environment of a machine on which a plug-in is installed."""
    place = tmp_path / "site"
    (place / "house-1.0.dist-info").mkdir(parents=True)
    (place / "house.py").write_text(RULE + TARGET)
    (place / "house-1.0.dist-info/METADATA").write_text("Metadata-Version: 2.1\nName: house\nVersion: 1.0\n")
    (place / "house-1.0.dist-info/entry_points.txt").write_text(
        "[sparkc.rules]\nhouse-rule = house:RULE\nno-rule = house:RULE.name\n[sparkc.targets]\nnote = house:TARGET\n"
    )
    return {"PYTHONPATH": str(place)}


def with_plugins(folder: Path, plugins: str) -> Path:
    place = project(folder / "project", x=PAIR)
    (place / "sparkc.toml").write_text(f'specs = ["specs"]\noutput = "generated"\n[plugins]\n{plugins}\n')
    return place


def test_a_plugin_that_is_not_named_does_nothing(installed: dict[str, str], tmp_path: Path) -> None:
    place = project(tmp_path / "project", x=PAIR)
    called = sparkc("build", cwd=place, env=installed)
    assert called.status == 0, called.text
    assert "port-is-eight-thousand" not in sparkc("check", cwd=place, env=installed).out
    assert not (place / "generated/pair/note").exists()


def test_named_plugins_judge_and_render(installed: dict[str, str], tmp_path: Path) -> None:
    place = with_plugins(tmp_path, 'rules = ["house-rule"]\ntargets = ["note"]')
    called = sparkc("build", cwd=place, env=installed)
    assert called.status == 0, called.text
    assert "warning[port-is-eight-thousand]" in called.err
    assert (place / "generated/pair/note/note.txt").read_text() == "pair\n"


@pytest.mark.parametrize(
    ("plugins", "sentence"),
    [
        ('rules = ["absent"]', "no installed package offers it"),
        ('rules = ["no-rule"]', "is not a Rule"),
    ],
)
def test_a_plugin_that_is_absent_or_something_else_is_one_sentence(
    plugins: str, sentence: str, installed: dict[str, str], tmp_path: Path
) -> None:
    called = sparkc("build", cwd=with_plugins(tmp_path, plugins), env=installed)
    assert called.status == 2
    assert sentence in called.err
    assert "Traceback" not in called.err
