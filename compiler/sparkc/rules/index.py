"""The list of all rules as Markdown: what each family is about, and each rule in a line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module

from sparkc.rules import ALL_RULES, load_rules
from sparkc.rules.rule import Rule

INTRODUCTION = """\
# Rules

Each rule is one gotcha: what happens, the evidence, an example that is found and one that is not, and the way out.
A rule proposes what the evidence teaches where a spec is silent, and judges what its author says. `sparkc rules` lists
them, `sparkc explain RULE` shows a page. An `allow` entry with a reason lets a finding pass; what a program would
refuse anyway cannot be allowed."""


def index() -> str:
    """Return the list, by family in the order of `ALL_RULES`, ending with one newline."""
    families = (_family(name, rules) for name, rules in rules_by_family().items())
    return "\n\n".join([INTRODUCTION, *families]) + "\n"


def rules_by_family() -> Mapping[str, tuple[Rule, ...]]:
    """Return every rule under the folder in which it stands."""
    families: dict[str, tuple[Rule, ...]] = {}
    for place, rule in zip(ALL_RULES, load_rules(), strict=True):
        family = place.partition(".")[0]
        families[family] = (*families.get(family, ()), rule)
    return families


def _family(name: str, rules: tuple[Rule, ...]) -> str:
    about = import_module(f"sparkc.rules.{name}").__doc__ or ""
    return "\n".join([f"## {name.replace('_', ' ')}", "", about.strip(), "", *_table(rules)])


def _table(rules: tuple[Rule, ...]) -> Iterator[str]:
    yield "| rule | weight | leads to | in short |"
    yield "| --- | --- | --- | --- |"
    for rule in rules:
        yield f"| [{rule.name}]({rule.name}.md) | {rule.severity} | {rule.failure} | {rule.summary.replace('|', '/')} |"
