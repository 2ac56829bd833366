"""`sparkc catalog`: what is known about engines and models, and how to add to it."""

from __future__ import annotations

import typer

from sparkc.cli.commands.catalog.add_model import add_model_command
from sparkc.cli.commands.catalog.diff import diff_command
from sparkc.cli.commands.catalog.extract import extract_command
from sparkc.cli.commands.catalog.list import list_command
from sparkc.cli.commands.catalog.show import show_command

catalog_app = typer.Typer(
    help="Look up what an engine version understands, compare versions, read a release; add a model.",
    no_args_is_help=True,
)
catalog_app.command(name="list")(list_command)
# A flag (`--task`) is looked up like any other name.
catalog_app.command(name="show", context_settings={"ignore_unknown_options": True})(show_command)
catalog_app.command(name="diff")(diff_command)
catalog_app.command(name="extract")(extract_command)
catalog_app.command(name="add-model")(add_model_command)
