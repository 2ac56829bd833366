"""Sizes as people write them: a number and a unit, decimal or binary."""

from __future__ import annotations

import re
from fractions import Fraction

UNITS = {
    "B": 1,
    "kB": 10**3,
    "KB": 10**3,
    "MB": 10**6,
    "GB": 10**9,
    "TB": 10**12,
    "KiB": 2**10,
    "MiB": 2**20,
    "GiB": 2**30,
    "TiB": 2**40,
}

GIB = UNITS["GiB"]
# Sixteen exbibytes hold any file; a longer number is a slip of the hand.
LARGEST = 2**64

_SIZE = re.compile(r"(?P<number>[0-9]{1,20}(?:\.[0-9]{1,9})?) ?(?P<unit>[kKMGT]i?B|B)")
PATTERN = r"^[0-9]+(\.[0-9]+)? ?(B|[kKMGT]B|[KMGT]iB)$"


def parse_size(text: str) -> int | None:
    """Return bytes for `8 GiB` or `115 GB`; None when it is no size. Fractions of a byte are dropped."""
    match = _SIZE.fullmatch(text)
    if match is None or match["unit"] not in UNITS:
        return None
    size = int(Fraction(match["number"]) * UNITS[match["unit"]])
    return size if size <= LARGEST else None


def in_gib(size: int) -> str:
    """Return bytes as GiB with one digit after the point: `98.1 GiB`. Integer arithmetic, so the same everywhere."""
    tenths = (abs(size) * 10 + GIB // 2) // GIB
    sign = "-" if size < 0 and tenths else ""
    return f"{sign}{tenths // 10}.{tenths % 10} GiB"
