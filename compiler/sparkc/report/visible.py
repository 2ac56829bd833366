"""Show what a spec says without letting it act: control characters are spelled out, widths are known."""

from __future__ import annotations

import unicodedata

# Cc: escape sequences, line breaks. Cf: marks that turn the direction of writing, or take no room at all. Cs: cannot be
# encoded. Zl and Zp: line breaks of some terminals and editors.
_HIDDEN_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


def spelled_out(text: str) -> str:
    r"""Return `text` on one line, with every character that acts or hides replaced by its escape (`\x1b`)."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(_spelled_out(character) for character in text)


def width(text: str) -> int:
    """Return how many columns of a terminal a text takes that `spelled_out` has passed."""
    if text.isascii():
        return len(text)
    return sum(_columns(character) for character in text)


def _spelled_out(character: str) -> str:
    if unicodedata.category(character) not in _HIDDEN_CATEGORIES:
        return character
    code = ord(character)
    if character in _SHORT:
        return _SHORT[character]
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _columns(character: str) -> int:
    """Return 0 for a mark that joins the character before it, 2 for a wide one (Unicode Standard Annex 11), else 1."""
    if unicodedata.category(character) in ("Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in ("W", "F") else 1
