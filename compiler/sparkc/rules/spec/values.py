"""Whether the engine's parser would take a value."""

from __future__ import annotations

import re

from sparkc.catalog.engine import Json, Kind, Value

WHOLE_NUMBER = re.compile(r"[+-]?\d+")
NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")
WITH_SUFFIX = re.compile(r"\d+(\.\d+)?[kKmMgGtT]i?")
NONE = ("none", "")


def refusal(value: Value, text: str) -> str | None:
    """Return what the parser wants instead of a word, or None when it takes it or nobody knows."""
    if value.none_allowed and text.lower() in NONE:
        return None
    if value.choices is not None:
        return None if _is_choice(value, text) else f"one of {', '.join(map(_spelled, value.choices))}"
    if value.kind is Kind.INT and not (
        WHOLE_NUMBER.fullmatch(text) or (value.suffixes and WITH_SUFFIX.fullmatch(text))
    ):
        return "a whole number" + (", like 8192 or 8k" if value.suffixes else "")
    if value.kind is Kind.FLOAT and not NUMBER.fullmatch(text):
        return "a number"
    return _out_of_bounds(value, float(text)) if NUMBER.fullmatch(text) else None


def _is_choice(value: Value, text: str) -> bool:
    return any(_folded(value, _spelled(choice)) == _folded(value, text) for choice in value.choices or ())


def _folded(value: Value, text: str) -> str:
    text = text.lower() if value.any_case else text
    return text.replace("-", "_") if value.any_dash else text


def _spelled(choice: Json) -> str:
    return str(choice)


def _out_of_bounds(value: Value, number: float) -> str | None:
    if value.low is not None and number < value.low:
        return f"at least {value.low:g}"
    if value.above is not None and number <= value.above:
        return f"more than {value.above:g}"
    if value.high is not None and number > value.high:
        return f"at most {value.high:g}"
    if value.below is not None and number >= value.below:
        return f"less than {value.below:g}"
    return None
