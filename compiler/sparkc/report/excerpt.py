"""Show a piece of a source file: its line, and carets under the piece."""

from __future__ import annotations

import re
from dataclasses import dataclass

from sparkc.findings import Span
from sparkc.report.visible import spelled_out, width

# YAML 1.2 (5.4, Line Break Characters) knows these three; str.splitlines would know seven more.
_LINE_BREAK = re.compile(r"\r\n|\r|\n")

_TAB_STOP = 4
_WIDEST = 100
_LEAD = 30
_CUT = "…"


@dataclass(frozen=True)
class Excerpt:
    """A line of source as it is shown, and the carets below it, both starting in the same column."""

    line: str
    carets: str


def excerpt(text: str, span: Span) -> Excerpt | None:
    """Return the first line of `span` with its carets; None when the text has no such line.

    A span that goes on to further lines is marked to the end of its first; an empty one, and one behind the end of
    the line, gets one caret.
    """
    lines = _LINE_BREAK.split(text)
    if not 1 <= span.line <= len(lines):
        return None
    cells = _cells(lines[span.line - 1])
    start = min(span.column - 1, len(cells))
    end = min(span.end_column - 1, len(cells)) if span.end_line == span.line else len(cells)
    first, last = _window(cells, start)
    before, marked = "".join(cells[first:start]), "".join(cells[start : min(end, last)])
    cut_left, cut_right = _CUT if first else "", _CUT if last < len(cells) else ""
    return Excerpt(
        line=f"{cut_left}{''.join(cells[first:last])}{cut_right}".rstrip(),
        carets=" " * width(cut_left + before) + "^" * max(width(marked), 1),
    )


def _cells(line: str) -> list[str]:
    """Return what is shown for each character of a line; a tab becomes the blanks up to the next stop."""
    cells = []
    column = 0
    for character in line:
        cell = " " * (_TAB_STOP - column % _TAB_STOP) if character == "\t" else spelled_out(character)
        cells.append(cell)
        column += width(cell)
    return cells


def _window(cells: list[str], start: int) -> tuple[int, int]:
    """Return the range of cells to show: the whole line, or where that is too wide the part around `start`."""
    if sum(map(width, cells)) <= _WIDEST:
        return 0, len(cells)
    first = max(start - _LEAD, 0)
    last, room = first, _WIDEST
    while last < len(cells) and room >= width(cells[last]):
        room -= width(cells[last])
        last += 1
    return first, last
