"""A command line in parts, so that a reason can stand beside each."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Part:
    """Some words of a command that belong together (`--network host`), and why they are there; empty for no reason."""

    words: tuple[str, ...]
    why: str = ""
