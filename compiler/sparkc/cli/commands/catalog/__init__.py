"""`sparkc catalog`: what is known about engines and models, and how to add to it."""

from __future__ import annotations

import typer

from sparkc.cli.commands.catalog.add_model import add_model_command

catalog_app = typer.Typer(help="Add to what is known about models.", no_args_is_help=True)


@catalog_app.callback()
def _group() -> None:
    """Keep the group a group while it has a single command."""


catalog_app.command(name="add-model")(add_model_command)
