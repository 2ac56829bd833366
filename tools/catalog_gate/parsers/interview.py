"""Ask one argparse parser: its option strings, and which command lines it takes."""

from __future__ import annotations

import argparse
import contextlib
import io
from collections.abc import Iterable
from typing import Any

HELP = ("-h", "--help")


def answers(parser: argparse.ArgumentParser, variables: Iterable[str], command_lines: list[list[str]]) -> Any:  # JSON
    """Return what the gate wants to know, as JSON."""
    return {
        "options": sorted(set(parser._option_string_actions) - set(HELP)),
        "variables": sorted(variables),
        "refusals": [refusal(parser, words) for words in command_lines],
    }


def refusal(parser: argparse.ArgumentParser, words: list[str]) -> str | None:
    """Return what the parser says against a command line, or None when it takes it."""
    said = io.StringIO()
    with contextlib.redirect_stderr(said):
        try:
            parser.parse_args(words)
        except SystemExit:
            return said.getvalue().strip().splitlines()[-1]
    return None
