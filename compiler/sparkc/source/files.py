"""Read a file into text, or say in one finding why that is not possible."""

from __future__ import annotations

import re
import stat
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from pathlib import Path

from sparkc.findings import Finding, Severity, Span
from sparkc.source.spelling import shown as quoted

# The largest real spec here has some hundred lines, about 10 KiB. A megabyte is a hundred times that and still parses
# in well under a second; a 50 MB file handed over by mistake is refused before it is read.
MAX_BYTES = 2**20

UNREADABLE: frozenset[str] = frozenset(
    {
        "no-such-file",
        "not-a-file",
        "no-permission",
        "cannot-read",
        "too-large",
        "not-utf-8",
        "forbidden-character",
        "directive",
        "not-yaml",
        "too-deep",
        "too-many-aliases",
        "unknown-anchor",
        "alias-loop",
    }
)
"""Rules that mean "cannot be read, or is not YAML"; the command ends with exit status 2 for them."""

LINE_BREAK = re.compile(r"\r\n|\r|\n")
"""What ends a line: https://yaml.org/spec/1.2.2/#54-line-break-characters."""


def read(path: Path, shown: str) -> tuple[str | None, list[Finding]]:
    """Return the text of a UTF-8 file, line ends as they are and without a byte order mark.

    Args:
        path: where it is.
        shown: how findings call it.
    """
    try:
        found = path.stat()
        if not stat.S_ISREG(found.st_mode):
            return None, [_not_a_file(found.st_mode, shown)]
        if found.st_size > MAX_BYTES:
            return None, [too_large(shown, f"{found.st_size:,} bytes")]
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)  # it may have grown, or be one of /proc that says it has 0 bytes
    except OSError as refusal:
        return None, [_refused(refusal, shown)]
    except ValueError:  # a NUL character in the name
        return None, [_refused(FileNotFoundError(), shown)]
    if len(data) > MAX_BYTES:
        return None, [too_large(shown, f"more than {MAX_BYTES:,} bytes")]
    return _decode(data, shown)


def too_large(shown: str, found: str) -> Finding:
    """Return the finding for a file beyond `MAX_BYTES`; `found` says what it has."""
    return _unreadable(
        "too-large",
        f"{quoted(shown)} has {found}; sparkc reads at most {MAX_BYTES:,} bytes",
        "check that this is the right file; what many specs share goes into a parent that they name in `extends`",
    )


def place_after(text: str) -> tuple[int, int]:
    """Return line and column, both from 1, of the position right after `text`."""
    breaks = list(LINE_BREAK.finditer(text))
    start = breaks[-1].end() if breaks else 0
    return len(breaks) + 1, len(text) - start + 1


def _unreadable(rule: str, message: str, help: str, span: Span | None = None) -> Finding:
    return Finding(rule, Severity.ERROR, message, span=span, help=help)


def _not_a_file(mode: int, shown: str) -> Finding:
    if stat.S_ISDIR(mode):
        return _unreadable("not-a-file", f"{quoted(shown)} is a folder, wanted a YAML file", "name a file in it")
    kinds = {stat.S_IFIFO: "a pipe", stat.S_IFSOCK: "a socket", stat.S_IFCHR: "a device", stat.S_IFBLK: "a device"}
    kind = kinds.get(stat.S_IFMT(mode), "no regular file")
    return _unreadable("not-a-file", f"{quoted(shown)} is {kind}, wanted a YAML file", "save the text in a file first")


def _refused(refusal: OSError, shown: str) -> Finding:
    name = quoted(shown)
    if isinstance(refusal, (FileNotFoundError, NotADirectoryError)):
        return _unreadable("no-such-file", f"there is no file {name}", "check the path")
    if isinstance(refusal, PermissionError):
        return _unreadable(
            "no-permission", f"no permission to read {name}", f"run `chmod u+r` on {name}, or ask its owner"
        )
    reason = (refusal.strerror or "the system gave no reason").lower()
    return _unreadable("cannot-read", f"cannot read {name}: {reason}", "check the path and the disk it is on")


def _decode(data: bytes, shown: str) -> tuple[str | None, list[Finding]]:
    try:
        return data.decode("utf-8-sig"), []
    except UnicodeDecodeError as trouble:
        # With a byte order mark, `start` counts from behind it; `object` is what was decoded.
        return None, [_not_utf8(data, len(data) - len(trouble.object) + trouble.start, shown)]


def _not_utf8(data: bytes, offset: int, shown: str) -> Finding:
    line, column = place_after(data[:offset].decode("utf-8-sig"))
    where = f"the byte 0x{data[offset]:02X} at offset {offset} (line {line})"
    if data.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        message, help = "this is UTF-16, wanted UTF-8", "save it as UTF-8"
    elif b"\0" in data:
        message, help = f"this is a binary file, wanted YAML text: {where} is no UTF-8", "name the YAML file instead"
    else:
        message = f"this is not UTF-8: {where} does not fit; it may be Latin-1 or Windows-1252"
        help = "save it as UTF-8, for example with `iconv -f LATIN1 -t UTF-8`"
    return _unreadable("not-utf-8", message, help, Span(shown, line, column, line, column + 1))
