"""The page of gotchas names homes that exist, and no row is without one."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sparkc.catalog.known_bad import all_known_bad
from sparkc.catalog.troubles import all_troubles
from sparkc.rules import load_rules

REPOSITORY = Path(__file__).parent.parent.parent
PAGE = REPOSITORY / "docs" / "gotchas.md"
CHECKS = REPOSITORY / "targets" / "sparkc_targets" / "node" / "node-checks.sh"
HOMES = {
    "rule": {rule.name for rule in load_rules()},
    "trouble": {trouble.id for trouble in all_troubles()},
    "known failure": {entry.id for entry in all_known_bad()},
    "preflight": set(re.findall(r"report \w+ ([a-z-]+)", CHECKS.read_text(encoding="utf-8"))),
}
SHORT = re.compile(r"^(none: |pass |catalog |finding )|`[^`]+`")
"""A home without a name of its own: the reason for none, a pass, or a key or file that is named."""


def rows() -> list[list[str]]:
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("| ")]
    return [row for row in cells if row[0] not in ("gotcha", "evaluation") and not set(row[0]) <= {"-"}]


def named(home: str) -> list[tuple[str, str]]:
    return re.findall(r"(rule|trouble|known failure|preflight) `([^`]+)`", home)


@pytest.mark.parametrize("row", rows(), ids=lambda row: row[0])
def test_every_gotcha_has_an_origin_and_a_home_that_exists(row: list[str]) -> None:
    assert len(row) == 3
    assert all(row)
    assert named(row[2]) or SHORT.search(row[2]), row[2]
    for kind, name in named(row[2]):
        assert name in HOMES[kind], f"there is no {kind} {name}"
