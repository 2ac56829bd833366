"""`sparkc catalog diff`: what changes from one engine version to another."""

from __future__ import annotations

from typing import Annotated

import typer


def diff_command(
    engine: Annotated[str, typer.Argument(help="vllm, sglang, vllm-ascend or ray.")],
    before: Annotated[str, typer.Argument(help="Version to come from.")],
    after: Annotated[str, typer.Argument(help="Version to go to.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Tell what an upgrade removes and by what that is replaced, which defaults move, and what is new."""
    from sparkc.catalog.difference import difference
    from sparkc.cli.catalogs import catalog_of
    from sparkc.report import catalog_view

    found = difference(catalog_of(engine, before), catalog_of(engine, after))
    shown = catalog_view.difference_as_json(found) if as_json else catalog_view.difference_as_text(found)
    typer.echo(shown, nl=False)
