"""Write files in systemd's unit syntax: values go in, and systemd or Quadlet reads the same values out.

Escaping happens here and nowhere else. The rules are those of systemd.syntax(7) ("Quoting"), systemd.unit(5)
("Specifiers", "String escaping for inclusion in unit names") and systemd.service(5) ("Command lines").
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sparkc_targets.command import Part
from sparkc_targets.quoting import INVISIBLE, Quoted, comment

_BARE_WORD = re.compile(r"[A-Za-z0-9_./:@+,=-]+")
_PROGRAM = re.compile(r"[A-Za-z0-9_./][A-Za-z0-9_./+-]*")
_ESCAPES = {"\n": r"\n", "\t": r"\t", "\r": r"\r", '"': r"\"", "\\": r"\\", "%": "%%"}


@dataclass(frozen=True)
class Line:
    """One assignment.

    Args:
        value: spelled for its place by one of the functions below.
        why: stands above it as a comment; empty for none.
    """

    key: str
    value: Quoted
    why: str = ""


@dataclass(frozen=True)
class Command:
    """A command line, one part to a line, so that a reason can stand above each.

    Reasons of single parts stand inside the command. systemd skips comments there; Quadlet takes them for words.

    Args:
        key: `ExecStart` and its like.
        parts: the first has no reason of its own, and its first word is the program: a plain name or path.
        prefix: of the program: `-` ignores a failure, `+` runs it with all privileges.
    """

    key: str
    parts: tuple[Part, ...]
    prefix: str = ""
    why: str = ""


@dataclass(frozen=True)
class Section:
    """A part of a unit; a key may come several times, and order counts."""

    name: str
    entries: tuple[Line | Command, ...]


def unit_file(header: Iterable[str], sections: Iterable[Section]) -> str:
    """Return the text of a unit: the header as comments, then the sections, an empty line between them."""
    blocks = [[f"# {comment(line)}".rstrip() for line in header]]
    blocks += [[f"[{section.name}]", *_lines(section.entries)] for section in sections]
    return "\n\n".join("\n".join(block) for block in blocks if block) + "\n"


def _lines(entries: Iterable[Line | Command]) -> Iterator[str]:
    for entry in entries:
        if entry.why:
            yield f"# {comment(entry.why)}"
        if isinstance(entry, Line):
            yield f"{entry.key}={entry.value}"
        else:
            yield from _command(entry)


def _command(command: Command) -> Iterator[str]:
    program = command.parts[0].words[0]
    if not _PROGRAM.fullmatch(program):
        # systemd looks for its prefixes after it has removed quotes, and expands no `$$` in a program.
        raise ValueError(f"{program!r} cannot be named as a program in a unit")
    *front, last = _parts(command)
    for line in front:
        yield line if _is_comment(line) else f"{line} \\"
    yield last


def _parts(command: Command) -> Iterator[str]:
    indent = f"{command.key}={command.prefix}"
    for part in command.parts:
        if part.why:
            yield f"  # {comment(part.why)}"
        yield f"{indent}{command_words(part.words)}"
        indent = "  "


def _is_comment(line: str) -> bool:
    return line.startswith("  #")


# --- values ----------------------------------------------------------------------------------------------------------


def word(text: str | int) -> Quoted:
    """Return one item of a setting that is split at blanks and unquoted (`Environment=`, an item of a list).

    Raises:
        ValueError: the text holds a NUL, which nothing can carry.
    """
    text = str(text)
    if "\x00" in text:
        raise ValueError("a NUL character cannot be passed to a program")
    if _BARE_WORD.fullmatch(text):
        return Quoted(text)
    return Quoted('"' + re.sub(rf'["\\%{INVISIBLE}]', lambda match: _escaped(match[0]), text) + '"')


def command_word(text: str | int) -> Quoted:
    """Return one word of a command line; there, and nowhere else, a dollar sign would be expanded."""
    return Quoted(word(text).replace("$", "$$"))


def command_words(words: Iterable[str | int]) -> Quoted:
    """Return words of a command line, a blank between them."""
    return Quoted(" ".join(map(command_word, words)))


def _escaped(char: str) -> str:
    if char in _ESCAPES:
        return _ESCAPES[char]
    code = ord(char)
    if code < 0x80:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def plain(text: str | int) -> Quoted:
    """Return a text for people, such as `Description=`: taken to the end of the line, nothing unquoted in it."""
    return Quoted(comment(text).replace("%", "%%"))


def path(text: str) -> Quoted:
    """Return one path of a list that is unquoted without C's escapes, such as `RequiresMountsFor=`.

    A newline cannot be written there; the path ends before the first name that holds one, or another character that
    cannot be seen.
    """
    whole = re.split(rf"/[^/]*[{INVISIBLE}]", text)[0]
    if _BARE_WORD.fullmatch(whole or "/"):
        return Quoted(whole or "/")
    return Quoted('"' + re.sub(r'["\\]', r"\\\g<0>", whole).replace("%", "%%") + '"')


def names(*units: str) -> Quoted:
    """Return a list of unit names, whose parts went through `name_part`."""
    return Quoted(" ".join(units))


def name_part(text: str) -> str:
    r"""Return the text as part of a unit's name: `systemd-escape` does the same (`a-b` becomes `a\x2db`)."""
    return "".join(_name_chars(text))


def _name_chars(text: str) -> Iterator[str]:
    for index, char in enumerate(text):
        if char == "/":
            yield "-"
        elif re.fullmatch(r"[A-Za-z0-9:_]", char) or (char == "." and index > 0):
            yield char
        else:
            yield from (f"\\x{byte:02x}" for byte in char.encode())
