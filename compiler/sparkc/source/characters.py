"""Refuse text that must not reach the YAML parser: characters that YAML forbids or reads as hidden line ends."""

from __future__ import annotations

import re

from sparkc.findings import Finding, Severity, Span
from sparkc.source.files import place_after

# https://yaml.org/spec/1.2.2/#51-character-set, less three line ends of YAML 1.1 that the parser still obeys and no
# editor shows (U+0085, U+2028, U+2029), and less a byte order mark in the middle, which would become part of a word.
# Listed are the forbidden ones: a set of nearly all characters takes Python ten times as long to compile.
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]")

_LINE_ENDS = frozenset("\x85\u2028\u2029")

# A binary file holds every kind; the first few tell enough.
MOST_KINDS = 5

# Only two directives exist, and a spec needs neither. The parser compares each %TAG with all before it: a megabyte
# of them takes minutes. A line that begins with % may also continue a quoted text; it can be indented.
_DIRECTIVE = re.compile(r"^%.*", re.MULTILINE)


def forbidden_characters(text: str, path: str) -> list[Finding]:
    """Return one finding for each kind of character that a spec cannot hold, at its first place."""
    counts: dict[str, int] = {}
    places: dict[str, int] = {}
    for match in _FORBIDDEN.finditer(text):
        char = match.group()
        counts[char] = counts.get(char, 0) + 1
        places.setdefault(char, match.start())
    return [_forbidden(text, path, char, places[char], counts[char]) for char in list(places)[:MOST_KINDS]]


def directives(text: str, path: str) -> list[Finding]:
    """Return a finding for the first directive (a line that begins with %) other than `%YAML 1.2`."""
    for match in _DIRECTIVE.finditer(text):
        words = match.group().split()
        if words != ["%YAML", "1.2"]:
            return [_directive(text, path, match, is_version=words[0] == "%YAML")]
    return []


def _forbidden(text: str, path: str, char: str, offset: int, count: int) -> Finding:
    name = f"U+{ord(char):04X}"
    times = "once" if count == 1 else f"{count:,} times, first here"
    if char in _LINE_ENDS:
        message = f"found the invisible line end {name} {times}; wanted an ordinary line end"
    else:
        message = f"found the character {name} {times}, which YAML does not allow in a text"
    help = f'delete it, or write "\\u{ord(char):04X}" in double quotes where it is meant'
    if "\ud800" <= char <= "\udfff":
        help = "delete it; it is half of a character"
    return Finding("forbidden-character", Severity.ERROR, message, span=_span(text, path, offset, 1), help=help)


def _directive(text: str, path: str, match: re.Match[str], is_version: bool) -> Finding:
    if is_version:
        message = "found a %YAML line; sparkc always reads YAML 1.2, where `no` and `on` are text"
    else:
        message = "found a line that begins with %, a YAML directive; a spec has none"
    help = "delete the line, or indent it where it continues a text"
    span = _span(text, path, match.start(), len(match.group()))
    return Finding("directive", Severity.ERROR, message, span=span, help=help)


def _span(text: str, path: str, offset: int, length: int) -> Span:
    line, column = place_after(text[:offset])
    return Span(path, line, column, line, column + length)
