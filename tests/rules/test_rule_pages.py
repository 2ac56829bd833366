"""The pages of the rules hold the whole story, and the committed ones are those of the rules."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sparkc.rules import load_rules
from sparkc.rules.index import index
from sparkc.rules.page import page
from sparkc.rules.rule import Rule

PAGES = Path(__file__).parent.parent.parent / "docs" / "rules"
RULES = load_rules()

each_rule = pytest.mark.parametrize("rule", RULES, ids=[rule.name for rule in RULES])


@each_rule
def test_page_is_current(rule: Rule) -> None:
    assert (PAGES / f"{rule.name}.md").read_text(encoding="utf-8") == page(rule), "run `make docs`"


def test_index_is_current() -> None:
    assert (PAGES / "README.md").read_text(encoding="utf-8") == index(), "run `make docs`"


def test_no_page_is_left_of_a_rule_that_is_gone() -> None:
    assert {file.stem for file in PAGES.glob("*.md")} == {"README", *(rule.name for rule in RULES)}


def test_index_leads_to_every_page_once() -> None:
    assert sorted(re.findall(r"\]\(([a-z0-9-]+)\.md\)", index())) == sorted(rule.name for rule in RULES)


@each_rule
def test_page_tells_everything_that_the_rule_knows(rule: Rule) -> None:
    text = page(rule)

    for piece in (rule.name, rule.why, rule.bad.strip(), rule.good.strip(), *(entry.says for entry in rule.evidence)):
        assert piece in text
    assert rule.help[1:] in text


@each_rule
def test_page_keeps_disagreeing_sources_apart(rule: Rule) -> None:
    agreeing, _, against = page(rule).partition("Sources that disagree:")

    for entry in rule.evidence:
        assert entry.says in (against if entry.disagrees else agreeing)


@each_rule
def test_page_offers_an_allowance_only_where_one_helps(rule: Rule) -> None:
    assert ("allow:\n" in page(rule)) is rule.allowable
