"""`sparkc check`: findings only."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sparkc.report import Format

if TYPE_CHECKING:
    import datetime
    from collections.abc import Sequence

    from sparkc.driver import Compilation
    from sparkc.findings import Finding
    from sparkc.source.project import Project


def check_command(
    specs: Annotated[list[Path] | None, typer.Argument(help="Specs to check; all of the project when absent.")] = None,
    style: Annotated[Format, typer.Option("--format", help="How to print findings.")] = Format.TEXT,
    allowed: Annotated[bool, typer.Option("--allowed", help="Print allowed findings too, with their reasons.")] = False,
    engine_version: Annotated[
        str | None, typer.Option("--engine-version", help="Tell what an upgrade to this version would change.")
    ] = None,
) -> None:
    """Check specs and print what was found; write nothing."""
    import datetime
    import sys

    from sparkc.cli.compiling import compile_all, findings_of, project_of, specs_of
    from sparkc.cli.printing import status_of, texts_of, wants_colour
    from sparkc.report import RuleInfo, render
    from sparkc.rules import load_rules

    project = project_of(specs or [])
    paths = specs or specs_of(project)
    today = datetime.date.today()
    compilations = compile_all(paths, project, today)
    findings = findings_of(project, compilations)
    if engine_version is not None:
        findings = _of_an_upgrade(compilations, paths, project, today, engine_version)
    text = render(
        findings,
        texts_of(compilations),
        style,
        colour=wants_colour(sys.stdout.isatty()),
        show_allowed=allowed,
        rules={rule.name: RuleInfo(rule.name, rule.summary, rule.link) for rule in load_rules()},
    )
    typer.echo(text, nl=False)
    raise typer.Exit(status_of(findings))


def _of_an_upgrade(
    now: Sequence[Compilation], paths: Sequence[Path], project: Project, today: datetime.date, version: str
) -> list[Finding]:
    """Return what is found with another engine version only."""
    from sparkc.cli.compiling import compile_all
    from sparkc.upgrade import caused_by_upgrade

    then = compile_all(paths, project, today, version)
    return [finding for pair in zip(now, then, strict=True) for finding in caused_by_upgrade(*pair)]
