"""The commands of `sparkc`, and how their trouble reaches the user."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Annotated

import typer

from sparkc.findings import SparkcError

app = typer.Typer(
    name="sparkc",
    help="Compile one spec of an LLM deployment into launch artifacts that a person can read, review and run.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)

COMMANDS = ("build", "check", "plan", "explain", "rules", "targets", "schema", "init", "catalog")
"""Modules of the folder `commands`; each adds one command of its own name, or a group of them."""


@app.callback()
def _options(
    version: Annotated[bool, typer.Option("--version", "-V", help="Print the version.", is_eager=True)] = False,
) -> None:
    if version:
        from sparkc import __version__

        typer.echo(f"sparkc {__version__}")
        raise typer.Exit


# A call of one command imports that one alone, which saves 15 of 400 ms; help and slips of the pen need all.
_called = [name for name in COMMANDS if [name] == sys.argv[1:2]]
for _name in _called or COMMANDS:
    _module = import_module(f"sparkc.cli.commands.{_name}")
    if _name == "catalog":
        app.add_typer(_module.catalog_app, name=_name)
    else:
        app.command(name=_name)(getattr(_module, f"{_name}_command"))


def run() -> None:
    """Run the command line; the world's refusals become one sentence, our own bugs a traceback."""
    try:
        app()
    except SparkcError as refusal:
        typer.echo(f"sparkc: {refusal}", err=True)
        sys.exit(refusal.status)
    except BrokenPipeError:
        # The reader (`| head`) has seen enough.
        sys.stderr.close()
        sys.exit(0)
