"""Turn text into something that is data wherever it lands: a shell word, a comment, Markdown, Mermaid.

Each function returns a `Quoted`; templates refuse to print anything else (see `templates`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable


class Quoted(str):
    """Text that is safe at the one kind of place it was quoted for."""

    __slots__ = ()


# Characters that a reader cannot see or cannot tell from another: controls, the separators that some tools take for
# line ends, zero-width and bidirectional marks, tags. A fixed list, because Unicode's categories differ between
# versions of Python and the output must not.
INVISIBLE = (
    "\x00-\x1f\x7f-\xa0\xad\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000"
    "\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U000e0000-\U000e0fff"
)
_INVISIBLE = re.compile(f"[{INVISIBLE}]")
_BARE_WORD = re.compile(r"[A-Za-z0-9_./:@%+-]+")
_DOUBLE_QUOTABLE = re.compile(rf"[^\"$`\\!\u2018-\u201f{INVISIBLE}]+")
# Typographic quotation marks look like the shell's own (shellcheck SC1112 takes them for a slip); a single quote ends
# the quoting, and a backslash before that end misleads readers (SC1003).
_SEGMENT = re.compile(rf"(?P<plain>[^'\\\u2018-\u201f{INVISIBLE}]+)|(?P<escaped>['\\\u2018-\u201f{INVISIBLE}]+)")
# Two sets of ASCII characters, said so that Python need not compile a set of nearly all characters: 3 ms each.
_HTML_MARK = re.compile(r"(?![A-Za-z0-9_ ./,:=-])[\x00-\x7f]")
_MERMAID_MARK = re.compile(r"(?![A-Za-z0-9_ ./,:@+-])[\x00-\x7f]")
_ESCAPES = {"\n": r"\n", "\t": r"\t", "\r": r"\r", "\x1b": r"\e", "'": r"\'", "\\": r"\\"}


def sh(value: str | int) -> Quoted:
    """Return one bash word that means exactly this text, on one line.

    Plain characters stand in quotes in which bash, in any locale, finds nothing to expand; the others are spelled in
    ASCII as $'…'. A leading dash stays a dash: the place where the word is used must not
    take it for an option.

    Raises:
        ValueError: the text holds a NUL, which no argument and no variable can carry.
    """
    text = str(value)
    if "\x00" in text:
        raise ValueError("a NUL character cannot be passed to a program")
    if _BARE_WORD.fullmatch(text):
        return Quoted(text)
    if "'" in text and _DOUBLE_QUOTABLE.fullmatch(text):
        return Quoted(f'"{text}"')
    if text.startswith("~/"):  # in one piece, shellcheck (SC2088) would ask whether a home was meant
        return Quoted(f"'~'{sh(text[1:])}")
    return Quoted("".join(map(_shell_segment, _SEGMENT.finditer(text))) or "''")


def sh_words(values: Iterable[str | int]) -> Quoted:
    """Return several bash words, a blank between them."""
    return Quoted(" ".join(map(sh, values)))


def _shell_segment(match: re.Match[str]) -> str:
    if match["plain"]:
        return f"'{match['plain']}'"
    return "$'" + "".join(_ESCAPES.get(char) or _as_bytes(char) for char in match["escaped"]) + "'"


def _as_bytes(char: str) -> str:
    return "".join(f"\\x{byte:02x}" for byte in char.encode())


def python(value: str | int | float | dict[str, object]) -> Quoted:
    """Return a literal of Python that means exactly this, on one line, in ASCII."""
    return Quoted(ascii(value))


def comment(value: str | int) -> Quoted:
    """Return the text as one line of a comment: blanks folded, what cannot be seen spelled out.

    A trailing backslash is spelled out too, because some formats continue a line there, and a comment must not read
    as an instruction to shellcheck.
    """
    line = " ".join(str(value).split())
    line = _INVISIBLE.sub(lambda match: _as_bytes(match[0]), line)
    if line.endswith("\\"):
        line = line[:-1] + r"\x5c"
    return Quoted(f'"{line}"' if line.startswith("shellcheck") else line)


def markdown(value: str | int) -> Quoted:
    """Return the text as one line of Markdown prose or of a table cell that shows exactly these characters."""
    # An underscore inside a word (`minimax_m2`) emphasises nothing, and reads better without a backslash.
    line = re.sub(r"[\\`*{}\[\]<>|~$&]|(?<!\w)_|_(?!\w)", r"\\\g<0>", comment(value))
    # At the start of a line these would make a heading, a list or a quotation.
    return Quoted(re.sub(r"^([#+=-]|\d+(?=[.)](\s|$)))", _unlisted, line))


def _unlisted(match: re.Match[str]) -> str:
    return f"{match[0]}\\" if match[0][0].isdigit() else f"\\{match[0]}"


def markdown_code(value: str | int) -> Quoted:
    """Return the text as a code span of one line that also survives in a table cell."""
    line = comment(value)
    if line and not re.search(r"[`|]", line):
        return Quoted(f"`{line}`")
    return Quoted("<code>" + _HTML_MARK.sub(lambda match: f"&#{ord(match[0])};", line) + "</code>")


def mermaid(value: str | int) -> Quoted:
    """Return the text as a Mermaid label, its double quotes included.

    Everything but letters, digits and harmless punctuation is written as an entity of Mermaid's (`#35;`).
    """
    label = _MERMAID_MARK.sub(lambda match: f"#{ord(match[0])};", comment(value))
    return Quoted(f'"{label}"')
