"""Print findings, and say how the process should end."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping, Sequence

import typer

from sparkc.driver import Compilation
from sparkc.findings import Finding
from sparkc.source.files import UNREADABLE

FINE, FOUND, WRONG_CALL = 0, 1, 2


def wants_colour(stream_is_terminal: bool) -> bool:
    """Tell whether to colour: on a terminal, unless NO_COLOR is set (https://no-color.org)."""
    return stream_is_terminal and not os.environ.get("NO_COLOR")


def texts_of(compilations: Iterable[Compilation]) -> dict[str, str]:
    """Return the source text of every file that a finding may point at."""
    return {path: text for compilation in compilations for path, text in compilation.texts.items()}


def print_findings(findings: Sequence[Finding], texts: Mapping[str, str], *, to_stderr: bool = True) -> None:
    """Print findings for people; nothing when there are none."""
    if not findings:
        return
    from sparkc.report import Format, render

    stream = sys.stderr if to_stderr else sys.stdout
    typer.echo(render(findings, texts, Format.TEXT, colour=wants_colour(stream.isatty())), err=to_stderr, nl=False)


def status_of(findings: Iterable[Finding]) -> int:
    """Return 2 when a file could not be read or is not YAML, 1 when an error stands, else 0."""
    worst = FINE
    for finding in findings:
        if finding.stops_the_build:
            worst = max(worst, WRONG_CALL if finding.rule in UNREADABLE else FOUND)
    return worst
