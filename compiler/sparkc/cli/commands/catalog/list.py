"""`sparkc catalog list`: the engine versions that are known exactly."""

from __future__ import annotations

from typing import Annotated

import typer


def list_command(as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """List the engine versions that have a catalog."""
    import json

    from sparkc.catalog.engine import available, engines

    known = {engine: list(available(engine)) for engine in engines()}
    if as_json:
        typer.echo(json.dumps(known, indent=2))
        return
    for engine, versions in known.items():
        typer.echo(f"{engine:<12}  {' '.join(versions)}")
