"""Say in plain words what the YAML parser complained about, where, and what to do."""

from __future__ import annotations

from typing import NamedTuple

import yaml

from sparkc.findings import Finding, Remark, Severity, Span
from sparkc.source.files import LINE_BREAK
from sparkc.source.spelling import shown


class _Plainly(NamedTuple):
    """How we say it. `at_beginning`: blame the place where the construct began, not where the parser gave up."""

    message: str
    help: str
    at_beginning: bool = False


_NEVER_CLOSED = _Plainly("this bracket is never closed", "close it where the list or mapping ends")

_QUOTE_WAY_OUT = 'close the quote; inside \'…\' a quote is doubled, inside "…" it is written \\"'

# By words that both parsers of PyYAML use (libyaml's scanner.c and parser.c, and scanner.py and parser.py, which were
# ported from each other). The first row whose words occur in the complaint is taken.
_PLAINLY: tuple[tuple[str, _Plainly], ...] = (
    (
        "mapping values are not allowed",
        _Plainly(
            "found `: ` inside a value, which began here or on a line above",
            "put a value that contains `: ` in quotes; indent the keys of one mapping alike",
        ),
    ),
    (
        "sequence entries are not allowed",
        _Plainly("found a list item on the line of its key", "begin the list on the next line"),
    ),
    ("end of stream", _Plainly("this quote is never closed", _QUOTE_WAY_OUT, at_beginning=True)),
    ("unexpected document", _Plainly("this quote is never closed", _QUOTE_WAY_OUT, at_beginning=True)),
    (
        "expected ',' or ']'",
        _Plainly("this list is not continued with `,` and not closed with `]`", "add the `,` or the `]`", True),
    ),
    (
        "expected ',' or '}'",
        _Plainly("this mapping is not continued with `,` and not closed with `}`", "add the `,` or the `}`", True),
    ),
    (
        "could not find expected ':'",
        _Plainly("found a line without `: `, wanted `key: value`", "add the `:` and a blank, or indent the line", True),
    ),
    (
        "expected key",
        _Plainly(
            "this neither continues the value before it nor begins a key of the mapping",
            "indent the keys of one mapping alike; put quotes around a whole value, not around its beginning",
        ),
    ),
    (
        "expected <block end>",
        _Plainly(
            "this neither continues the value before it nor begins a key or a list item",
            "indent what belongs together alike; put quotes around a whole value, not around its beginning",
        ),
    ),
    (
        "expected '-' indicator",
        _Plainly("wanted the next item of a list, which begins with `- `", "indent all items of the list alike"),
    ),
    (
        "expected node content",
        _Plainly("wanted a value", "write the value; text that begins with a sign such as `,` goes in quotes"),
    ),
    (
        "expected the node content",
        _Plainly("wanted a value", "write the value; text that begins with a sign such as `,` goes in quotes"),
    ),
    (
        "escape",
        _Plainly(
            "found a backslash in double quotes that begins no escape known to YAML",
            "use single quotes, where a backslash is a backslash, or double it",
        ),
    ),
    (
        "document start",
        _Plainly("found more text after the end of the mapping", "a file holds one mapping: `key: value` lines"),
    ),
    (
        "undefined tag handle",
        _Plainly("found a tag that is not declared; a spec has no tags", "quote text that begins with `!`"),
    ),
)


def syntax_error(trouble: yaml.MarkedYAMLError, text: str, path: str, open_bracket: Span | None) -> Finding:
    """Return the one finding for text that is no YAML.

    Args:
        trouble: what the parser said.
        text: all of it.
        path: how places call the file.
        open_bracket: the innermost bracket that was open when the parser gave up.
    """
    lines = LINE_BREAK.split(text.rstrip())
    if open_bracket and trouble.problem_mark and trouble.problem_mark.line >= len(lines):
        return _not_yaml(_NEVER_CLOSED, open_bracket)
    problem = trouble.problem or trouble.context or "no reason given"
    place = _place(trouble.problem_mark or trouble.context_mark, lines, path)
    began = _place(trouble.context_mark, lines, path) if trouble.context_mark else place
    plainly = _plainly(problem, lines[place.line - 1][place.column - 1 : place.column])
    if plainly.at_beginning:
        place, began = began, place
    remark = "the parser stopped here" if plainly.at_beginning else "in what begins here"
    return _not_yaml(plainly, place, *(() if began == place else (Remark(began, remark),)))


def _not_yaml(plainly: _Plainly, span: Span, *remarks: Remark) -> Finding:
    message = f"this is not YAML: {plainly.message}"
    return Finding("not-yaml", Severity.ERROR, message, span=span, help=plainly.help, remarks=remarks)


def _plainly(problem: str, char: str) -> _Plainly:
    if "tab character" in problem or ("cannot start any token" in problem and char == "\t"):
        return _Plainly("found a tab before a key or value; YAML indents with blanks", "replace the tab by blanks")
    if "cannot start any token" in problem:
        return _Plainly(f"a value cannot begin with {shown(char)}", "put the value in quotes")
    for words, plainly in _PLAINLY:
        if words in problem:
            return plainly
    return _Plainly(problem, "repair the text at this place, or put it in quotes where it is meant as text")


def _place(mark: yaml.Mark | None, lines: list[str], path: str) -> Span:
    """Return one character of the text: the one at the mark, or the last one when the mark stands behind the end."""
    if mark is None:
        return Span(path, 1, 1, 1, 2)
    if mark.line >= len(lines):
        column = max(len(lines[-1]), 1)
        return Span(path, len(lines), column, len(lines), column + 1)
    return Span(path, mark.line + 1, mark.column + 1, mark.line + 1, mark.column + 2)
