"""`sparkc schema`: the JSON Schema that editors use."""

from __future__ import annotations

import typer


def schema_command() -> None:
    """Print the JSON Schema of a spec file."""
    from sparkc.spec.schema import schema_text

    typer.echo(schema_text(), nl=False)
