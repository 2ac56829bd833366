"""Say amounts, times and links the way a person reads them."""

from __future__ import annotations

import re

from sparkc.plan import Because
from sparkc.resolve.memory.amount import GIB, number
from sparkc_targets.quoting import Quoted, markdown, markdown_code

_URL = re.compile(r"https?://[A-Za-z0-9.-]+(?::[0-9]+)?(?:[/?#][A-Za-z0-9._~:/?#@!&'()+,;=%-]*)?")


WHEN = {
    "install": "once",
    "up": "at each start that a person asks for",
    "every_start": "before every start",
    "stop": "at the stop",
}
"""When a step is done, by its trigger."""


def gib(amount: int | None) -> Quoted:
    """Return bytes as a number of GiB, two digits after the point; a dash when unknown."""
    if amount is None:
        return Quoted("–")
    return Quoted("more than 0" if 0 < amount < 0.005 * GIB else number(amount))


def duration(seconds: int) -> Quoted:
    """Return a time in minutes where it is long, else in seconds."""
    minutes, rest = divmod(seconds, 60)
    if minutes == 0:
        return Quoted(f"{rest} s")
    return Quoted(f"{minutes} min" + (f" {rest} s" if rest else ""))


def link(origin: str | None) -> Quoted:
    """Return where a fact comes from: a link when it is an address, else its words."""
    if origin is None:
        return Quoted("")
    if _URL.fullmatch(origin):
        return Quoted(f"<{origin}>")
    return markdown(origin)


def reason(because: Because) -> Quoted:
    """Return why something is as it is, and where that is known from."""
    origin = link(because.link)
    return Quoted(f"{markdown(because.reason)} ({origin})" if origin else markdown(because.reason))


def code(value: str) -> Quoted:
    """Return a code span, and nothing for nothing: an empty span would show its backticks."""
    return markdown_code(value) if value else Quoted("")
