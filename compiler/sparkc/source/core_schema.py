"""What an unquoted YAML scalar means: the core schema of YAML 1.2.

The tables are those of https://yaml.org/spec/1.2.2/#103-core-schema. Everything that they do not name is text, so `no`,
`on`, `22:22` and `1_000`, which YAML 1.1 turned into other things, arrive as written.
"""

from __future__ import annotations

import math
import re

from sparkc.source.node import Decimal, Integer, Plain

_WORDS: dict[str, bool | None] = {
    "": None,
    "~": None,
    **dict.fromkeys(("null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_DECIMAL_INTEGER = re.compile(r"[-+]?[0-9]+")
_OCTAL_INTEGER = re.compile(r"0o[0-7]+")
_HEXADECIMAL_INTEGER = re.compile(r"0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_A_NUMBER_BEGINS_WITH = frozenset("+-.0123456789")

# What a program written in C or Rust can read back: a signed or an unsigned word of 64 bits.
SMALLEST_INTEGER = -(2**63)
LARGEST_INTEGER = 2**64 - 1

# 2**64 - 1 has 20 digits; a longer run of digits is out of range, or zeros. Python takes quadratic time to read
# a decimal number and refuses more than 4300 digits: https://docs.python.org/3/library/stdtypes.html#int-max-str-digits
LONGEST_INTEGER = 100


class OutOfRangeError(ValueError):
    """The scalar is a number that no program could take. The text says why."""


def resolve(text: str) -> Plain:
    """Return the value of an unquoted scalar.

    Raises:
        OutOfRangeError: for infinities, not-a-number, integers beyond 64 bits, floats beyond double precision.
    """
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in _A_NUMBER_BEGINS_WITH:
        return text
    if _DECIMAL_INTEGER.fullmatch(text):
        return _integer(text, 10)
    if _OCTAL_INTEGER.fullmatch(text):
        return _integer(text, 8)
    if _HEXADECIMAL_INTEGER.fullmatch(text):
        return _integer(text, 16)
    if _FLOAT.fullmatch(text):
        return _float(text)
    if _NOT_FINITE.fullmatch(text):
        raise OutOfRangeError("is not a finite number")
    return text


def is_text(text: str) -> bool:
    """Tell whether an unquoted scalar is text."""
    try:
        return isinstance(resolve(text), str)
    except OutOfRangeError:
        return False


def _integer(text: str, base: int) -> Integer:
    if len(text) > LONGEST_INTEGER:
        raise OutOfRangeError(f"has {len(text)} digits; at most 64 bits fit")
    number = int(text, base)
    if not SMALLEST_INTEGER <= number <= LARGEST_INTEGER:
        raise OutOfRangeError("does not fit in 64 bits")
    return Integer(number, text)


def _float(text: str) -> Decimal:
    number = float(text)
    if math.isinf(number):
        raise OutOfRangeError("is larger than a double-precision number can be (1.8e308)")
    if number == 0 and re.search("[1-9]", re.split("[eE]", text)[0]):
        raise OutOfRangeError("is smaller than a double-precision number can be (4.9e-324), and would become 0")
    return Decimal(number, text)
