"""How values are spelled on a command line, and what the pinned version calls a flag."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from sparkc.resolve.facts import Facts


def canonical(facts: Facts, flag: str) -> str:
    """Return the name that the catalog at hand gives to a flag; the flag itself where nobody knows it."""
    known = facts.engine_names.flag(flag) if facts.engine_names else None
    return known.name if known else flag


def words(value: Any) -> str | tuple[str, ...]:  # Any: a scalar or a tuple of scalars
    """Return a value as argv words; a single one where there is one."""
    if isinstance(value, tuple):
        return word(value[0]) if len(value) == 1 else tuple(word(item) for item in value)
    return word(value)


def word(value: object) -> str:
    """Return a scalar as one argv word, in the author's own spelling where he typed a number."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(getattr(value, "text", value))


def as_json(value: Mapping[str, Any]) -> str:  # Any: JSON
    """Return one JSON value as one argv word."""
    # Sorted, so that the same meaning is the same bytes whatever order an overlay left the keys in.
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
