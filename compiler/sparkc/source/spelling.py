"""Guess the word that was meant, and show a piece of the author's text inside a sentence."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import SequenceMatcher

# A key of the spec or a flag of an engine is shorter; comparing longer texts costs time and helps nobody.
LONGEST_WORD = 64

# Above this share of common letters two names look alike: `max_len` and `max_model_len` reach it (0.70), `fp4` and
# `fp8`, two real formats, do not (0.67).
ALIKE = 0.7

LONGEST_SHOWN = 60


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Return the known word that `word` most likely stands for, or None when none is close.

    Case is ignored, and `-`, `_` and blanks count as the same. Of equally near words the first is returned.
    """
    if len(word) > LONGEST_WORD:
        return None
    meant, best = None, 0.0
    for candidate in known:
        likeness = _likeness(_folded(word), _folded(candidate), above=max(best, ALIKE))
        if likeness > best:
            meant, best = candidate, likeness
    return meant


def shown(text: str) -> str:
    """Return the author's text for use in a message: one line, printable, not too long, in backticks."""
    if len(text) > LONGEST_SHOWN:
        text = text[: LONGEST_SHOWN - 1] + "…"
    return "`" + "".join(char if char.isprintable() else _escaped(char) for char in text) + "`"


def _escaped(char: str) -> str:
    return char.encode("unicode_escape", "surrogatepass").decode("ascii")


def _folded(word: str) -> str:
    return word.strip().casefold().replace("-", "_").replace(" ", "_")


def _likeness(word: str, candidate: str, above: float) -> float:
    """Return 0 to 1, or 0 when it is surely below `above`."""
    if word == candidate:
        return 1.0
    # Swapped letters in a short word leave little in common by position: `pt` for `tp`, `ary` for `ray`.
    if len(word) > 1 and sorted(word) == sorted(candidate):
        return 0.99
    matcher = SequenceMatcher(None, word, candidate, autojunk=False)
    if matcher.real_quick_ratio() < above or matcher.quick_ratio() < above:
        return 0.0
    ratio = matcher.ratio()
    return ratio if ratio >= above else 0.0
