"""`sparkc check`: findings only."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sparkc.report import Format


def check_command(
    specs: Annotated[list[Path] | None, typer.Argument(help="Specs to check; all of the project when absent.")] = None,
    style: Annotated[Format, typer.Option("--format", help="How to print findings.")] = Format.TEXT,
    allowed: Annotated[bool, typer.Option("--allowed", help="Print allowed findings too, with their reasons.")] = False,
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
    compilations = compile_all(paths, project, datetime.date.today())
    findings = findings_of(project, compilations)
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
