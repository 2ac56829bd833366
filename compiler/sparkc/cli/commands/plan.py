"""`sparkc plan`: topology and memory arithmetic with its work shown."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def plan_command(
    spec: Annotated[Path, typer.Argument(help="The spec.")],
    variant: Annotated[str | None, typer.Option("--variant", help="A variant of the spec instead of its base.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print topology and memory as JSON.")] = False,
) -> None:
    """Show who runs what, and whether it fits into memory; write nothing."""
    import datetime

    from sparkc.cli.compiling import compile_all, project_of
    from sparkc.cli.launches import launch_of
    from sparkc.cli.printing import print_findings, status_of, texts_of
    from sparkc.report import plan_view

    [compilation] = compile_all([spec], project_of([spec]), datetime.date.today())
    launch = launch_of(compilation, variant)
    if launch is not None and launch.plan is not None:
        typer.echo(plan_view.as_json(launch.plan) if as_json else plan_view.as_text(launch.plan), nl=False)
    if compilation.has_errors:
        print_findings(compilation.findings, texts_of([compilation]))
    raise typer.Exit(status_of(compilation.findings))
