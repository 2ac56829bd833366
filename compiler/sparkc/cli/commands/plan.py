"""`sparkc plan`: topology and memory arithmetic with its work shown."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def plan_command(
    spec: Annotated[Path, typer.Argument(help="The spec.")],
    variant: Annotated[str | None, typer.Option("--variant", help="A variant of the spec instead of its base.")] = None,
    what_if: Annotated[
        list[str] | None,
        typer.Option(
            "--what-if",
            metavar="KEY=VALUE",
            help="Lay a value over the spec and show both side by side (serving.max_model_len=65536); repeatable.",
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print topology and memory as JSON.")] = False,
) -> None:
    """Show who runs what, and whether it fits into memory; write nothing."""
    import datetime

    from sparkc.cli.compiling import compile_all, compile_changed, project_of
    from sparkc.cli.launches import launch_of
    from sparkc.cli.printing import print_findings, status_of, texts_of
    from sparkc.cli.what_if import as_yaml
    from sparkc.report import plan_view

    project, today = project_of([spec]), datetime.date.today()
    [compilation] = compile_all([spec], project, today)
    launch = launch_of(compilation, variant)
    if not what_if:
        if launch is not None and launch.plan is not None:
            typer.echo(plan_view.as_json(launch.plan) if as_json else plan_view.as_text(launch.plan), nl=False)
        if compilation.has_errors:
            print_findings(compilation.findings, texts_of([compilation]))
        raise typer.Exit(status_of(compilation.findings))
    changed = compile_changed(spec, project, today, {f"--what-if {change}": as_yaml(change) for change in what_if})
    other = launch_of(changed, variant)
    if launch is not None and launch.plan is not None and other is not None and other.plan is not None:
        both = launch.plan, other.plan
        typer.echo(plan_view.two_as_json(*both) if as_json else plan_view.two_as_text(*both, what_if), nl=False)
    if changed.has_errors:
        print_findings(changed.findings, texts_of([changed]))
    raise typer.Exit(status_of(changed.findings))
