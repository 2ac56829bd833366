"""All rules, as import strings: they are loaded only when something is compiled.

A rule is one file that defines `RULE`, and one line here. Nothing registers itself.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module

from sparkc.rules.rule import Rule

ALL_RULES: tuple[str, ...] = ()


@cache
def load_rules() -> tuple[Rule, ...]:
    """Return every rule, in the order of `ALL_RULES`."""
    return tuple(import_module(f"sparkc.rules.{name}").RULE for name in ALL_RULES)
