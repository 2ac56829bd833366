"""Numbers, switches and JSON values of the engine's command line, by the canonical name of their flag."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from sparkc.findings import KeyPath
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.command_line import engine_flags, place_of


def number(plan: Plan, flag: str) -> int | None:
    """Return the whole number behind a flag; None when it is not given, or something else stands there."""
    setting = engine_flags(plan).get(flag)
    value = setting.value if setting is not None else None
    return int(value) if isinstance(value, str) and value.isdecimal() else None


def is_on(plan: Plan, flag: str) -> bool:
    """Tell whether a switch is given as a bare flag."""
    return flag in engine_flags(plan)


def structure(plan: Plan, flag: str) -> Mapping[str, Any]:  # Any: JSON
    """Return the keys of a JSON flag; empty when it is not given."""
    setting = engine_flags(plan).get(flag)
    if setting is None or not setting.structured or not isinstance(setting.value, str):
        return {}
    found = json.loads(setting.value)
    return found if isinstance(found, dict) else {}


def place(plan: Plan, facts: Facts, flag: str) -> KeyPath:
    """Return the key of the spec that a flag comes from."""
    setting = engine_flags(plan).get(flag)
    return place_of(facts, setting) if setting is not None else ("args",)
