"""Read a unit back as systemd.syntax(7), systemd.unit(5) and systemd.service(5) describe it; no code of ours helps."""

from __future__ import annotations

import re
from dataclasses import dataclass

BLANKS = " \t\n\r"
SIMPLE = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "s": " "}


@dataclass(frozen=True)
class Assignment:
    """One `key=value` of a section, continuation lines joined, comments gone."""

    section: str
    key: str
    value: str


def read_unit(text: str) -> list[Assignment]:
    found: list[Assignment] = []
    section = ""
    joined = ""
    for line in text.split("\n"):
        if line.lstrip().startswith(("#", ";")):
            continue
        if line.endswith("\\"):
            joined += line[:-1] + " "
            continue
        whole = (joined + line).strip(BLANKS)
        joined = ""
        if heading := re.fullmatch(r"\[([^]]+)]", whole):
            section = heading[1]
        elif whole:
            key, equals, value = whole.partition("=")
            assert equals, f"neither a section nor an assignment: {whole!r}"
            found.append(Assignment(section, key.strip(), value.strip(BLANKS)))
    assert not joined, "the last line goes on"
    return found


def values(unit: list[Assignment], key: str) -> list[str]:
    return [assignment.value for assignment in unit if assignment.key == key]


def value(unit: list[Assignment], key: str) -> str:
    [only] = values(unit, key)
    return only


def split_words(text: str) -> list[str]:
    """Split at blanks, remove quotes, undo C's escapes and doubled percent signs."""
    words: list[str] = []
    word: str | None = None
    quote = ""
    position = 0
    while position < len(text):
        char = text[position]
        position += 1
        if char == "\\":
            char, position = _escaped(text, position)
            word = (word or "") + char
        elif quote:
            if char == quote:
                quote = ""
            else:
                word = (word or "") + char
        elif char in "\"'" and word is None:
            quote, word = char, ""
        elif char in BLANKS:
            if word is not None:
                words.append(word)
            word = None
        else:
            word = (word or "") + char
    assert not quote, f"a quote stays open in {text!r}"
    return [specifiers_gone(found) for found in (words if word is None else [*words, word])]


def _escaped(text: str, position: int) -> tuple[str, int]:
    letter = text[position]
    if letter in SIMPLE:
        return SIMPLE[letter], position + 1
    if letter in "\\\"'":
        return letter, position + 1
    digits = {"x": 2, "u": 4, "U": 8}[letter]
    return chr(int(text[position + 1 : position + 1 + digits], 16)), position + 1 + digits


def specifiers_gone(text: str) -> str:
    assert not re.search(r"%", text.replace("%%", "")), f"systemd would expand a specifier in {text!r}"
    return text.replace("%%", "%")


def command(text: str) -> list[str]:
    """Return the words of a command line, without the prefixes of its program, dollar signs as they arrive."""
    program, *rest = split_words(text)
    return [program.lstrip("-@:+!"), *map(_dollars_gone, rest)]


def _dollars_gone(word: str) -> str:
    assert not re.search(r"\$", word.replace("$$", "")), f"systemd would expand a variable in {word!r}"
    return word.replace("$$", "$")
