"""What the engine's parser wants where it does not take a word."""

from __future__ import annotations

from sparkc.catalog.entries import Kind, Value

NAMES = {Kind.INT: "a whole number", Kind.FLOAT: "a number", Kind.JSON: "JSON"}


def refusal(value: Value, word: str) -> str | None:
    """Return what the parser wants instead of a word; None when it takes it."""
    if value.accepts(word):
        return None
    if value.choices is not None:
        return f"one of {', '.join(map(str, value.choices))}"
    return " ".join((NAMES.get(value.kind, "another word"), *_bounds(value)))


def _bounds(value: Value) -> tuple[str, ...]:
    bounds = (
        ("from", value.low),
        ("above", value.above),
        ("up to", value.high),
        ("below", value.below),
    )
    return tuple(f"{word} {bound:g}" for word, bound in bounds if bound is not None)
