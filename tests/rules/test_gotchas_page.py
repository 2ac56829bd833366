"""The page of gotchas: every rule, known failure and trouble that it names exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sparkc.catalog.known_bad import all_known_bad
from sparkc.catalog.troubles import all_troubles
from sparkc.rules import load_rules

PAGE = (Path(__file__).parent.parent.parent / "docs" / "gotchas.md").read_text(encoding="utf-8")
ROWS = [line for line in PAGE.splitlines() if re.match(r"\| [SP]-[A-Z]+-\d+ ", line)]


@pytest.mark.parametrize(
    ("kind", "known"),
    [
        ("rule", {rule.name for rule in load_rules()}),
        ("known_bad", {entry.id for entry in all_known_bad()}),
        ("trouble", {trouble.id for trouble in all_troubles()}),
    ],
)
def test_what_the_page_names_exists(kind: str, known: set[str]) -> None:
    named = {name for row in ROWS for name in re.findall(rf"\b{kind} ([a-z0-9]+(?:-[a-z0-9]+)+)", row)}
    assert named
    assert named <= known


def test_every_gotcha_stands_there_once_with_origin_and_home() -> None:
    ids = [row.split("|")[1].strip() for row in ROWS]
    assert len(set(ids)) == len(ids)
    assert all(cell.strip() for row in ROWS for cell in row.strip("|").split("|"))
