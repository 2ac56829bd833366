"""`sparkc targets`: what can be generated."""

from __future__ import annotations

import typer


def targets_command() -> None:
    """List the targets and what each can express."""
    from sparkc.cli.compiling import project_of
    from sparkc.cli.toolbox import toolbox
    from sparkc.plan import Need

    for target in toolbox(project_of([]).plugins).targets:
        typer.echo(f"{target.name}: {target.summary}")
        for need in Need:
            typer.echo(f"  {'yes' if need in target.capabilities else 'no '}  {need.value}")
