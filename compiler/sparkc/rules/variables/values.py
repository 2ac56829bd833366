"""What a variable's reader wants where it does not take a text."""

from __future__ import annotations

from sparkc.catalog.entries import Kind, Variable

NUMBERS = {Kind.INT: int, Kind.FLOAT: float}
NAMES = {Kind.INT: "a whole number", Kind.FLOAT: "a number"}


def wanted_instead(variable: Variable | None, text: str) -> str | None:
    """Return what the reader wants; None when it takes the text, or nothing is known about what it takes."""
    if variable is None or text == "":
        return None
    if variable.spellings is not None:
        spellings = variable.spellings
        # A switch that is read with int() takes every number, of which the catalog lists the first three.
        taken = spellings.says_yes(text) is not None or ("2" in spellings.true and text.strip("-+ ").isdecimal())
        return None if taken else f"{_listed(spellings.true)} or {_listed(spellings.false)}"
    if variable.choices is not None:
        words = {word.lower() if variable.any_case else word for word in variable.choices}
        taken = (text.lower() if variable.any_case else text) in words
        return None if taken else f"one of {', '.join(variable.choices)}"
    return None if _is_number_enough(variable.kind, text) else NAMES[variable.kind]


def _listed(words: tuple[str, ...]) -> str:
    return "/".join(words)


def _is_number_enough(kind: Kind, text: str) -> bool:
    if kind not in NUMBERS:
        return True
    try:
        NUMBERS[kind](text)
    except ValueError:
        return False
    return True
