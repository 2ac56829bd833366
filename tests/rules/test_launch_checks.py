"""docs/launch-checks.md tells for each check of an engine what catches it, and tells the truth."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sparkc.rules import load_rules

REPOSITORY = Path(__file__).parent.parent.parent
ROW = re.compile(r"\| (\d+) \| (.+) \| (.+) \| (.+) \|")
ROWS = [match.groups() for match in ROW.finditer((REPOSITORY / "docs/launch-checks.md").read_text(encoding="utf-8"))]
QUOTED = re.compile(
    "`(async|draft|pipeline-parallel|graphs-without|attention-backend|context-parallel-w|data-parallel)"
)
RULES = {rule.name: rule for rule in load_rules()}
NODE_CHECKS = "".join(
    file.read_text(encoding="utf-8") for file in sorted((REPOSITORY / "targets/sparkc_targets").rglob("*.sh"))
)

each_row = pytest.mark.parametrize(("what", "says", "caught_by"), [row[1:] for row in ROWS], ids=[r[0] for r in ROWS])


def test_rows_are_numbered_without_a_gap() -> None:
    assert [int(row[0]) for row in ROWS] == list(range(1, 76))


@each_row
def test_what_catches_it_exists(what: str, says: str, caught_by: str) -> None:
    named = re.findall(r"`([a-z0-9]+(?:[-_][a-z0-9]+)+)`", caught_by)

    assert named or caught_by.startswith(("not checked: ", "not needed: "))
    for name in named:
        assert name in RULES or f"{name}() {{" in NODE_CHECKS, name


@pytest.mark.parametrize(
    ("what", "says", "caught_by"),
    [row[1:] for row in ROWS if QUOTED.search(row[3]) or "ascend" in row[1].lower()],
)
def test_rule_quotes_what_the_user_would_have_seen(what: str, says: str, caught_by: str) -> None:
    rules = [RULES[name] for name in re.findall(r"`([a-z0-9-]+)`", caught_by) if name in RULES]

    assert not rules or any(says.replace("`", "") in rule.why.replace("`", "") for rule in rules)
