"""plan.json: the whole Plan, the same bytes every time, and a diff that hides nothing."""

from __future__ import annotations

import json
from dataclasses import fields, is_dataclass
from typing import Any

import pytest

from plans import NASTY, hostile, one_spark, two_sparks
from sparkc.plan import Plan
from sparkc_targets.runbook.plan_json import plan_json

PLANS = {"two Sparks": two_sparks, "one Spark": one_spark, "hostile": hostile}
every_plan = pytest.mark.parametrize("make", PLANS.values(), ids=PLANS)


def same(value: Any, read: Any) -> bool:
    """Compare a Plan with what was read back: records are objects, tuples are lists, keys stand in field order."""
    if is_dataclass(value):
        names = [field.name for field in fields(value)]
        return list(read) == names and all(same(getattr(value, name), read[name]) for name in names)
    if isinstance(value, tuple):
        return len(value) == len(read) and all(map(same, value, read))
    return value == read and isinstance(read, (str, int, float, bool, type(None)))


@every_plan
def test_reading_it_back_gives_the_plan_with_every_reason(make: Any) -> None:
    plan: Plan = make()
    text = plan_json(plan)
    assert same(plan, json.loads(text))
    assert text.count('"because"') > 20


@every_plan
def test_two_renderings_are_the_same_bytes(make: Any) -> None:
    assert plan_json(make()).encode() == plan_json(make()).encode()


def test_one_value_a_line_and_one_newline_at_the_end() -> None:
    text = plan_json(two_sparks())
    assert text.endswith("}\n")
    assert not text.endswith("\n\n")
    assert '\n  "topology": "direct",\n' in text


def test_letters_stand_as_they_are_and_what_hides_is_escaped() -> None:
    text = plan_json(two_sparks(summary=NASTY))
    assert "naïve ✓ 火" in text
    assert "\\u202e" in text
    assert "\u202e" not in text
    assert "\u200b" not in text
    assert "\x85" not in text


def test_a_reason_that_changes_changes_one_line() -> None:
    before = plan_json(two_sparks()).split("\n")
    after = plan_json(two_sparks(summary="another")).split("\n")
    assert sum(one != other for one, other in zip(before, after, strict=True)) == 1
