"""`sparkc catalog show`: what one engine version knows, all in all or about one name."""

from __future__ import annotations

from typing import Annotated

import typer


def show_command(
    engine: Annotated[str, typer.Argument(help="vllm, sglang, vllm-ascend or ray.")],
    version: Annotated[str, typer.Argument(help="Its version.")],
    name: Annotated[
        str | None, typer.Argument(help="A flag, variable, JSON value, group, backend or model; a summary when absent.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show what a version knows about a flag, a variable, a JSON value or a group of names."""
    from sparkc.cli.catalogs import catalog_of
    from sparkc.findings import SparkcError
    from sparkc.report import catalog_view
    from sparkc.source.spelling import nearest, shown

    catalog = catalog_of(engine, version)
    found = catalog_view.summary(catalog) if name is None else catalog_view.entry(catalog, name)
    if found is None:
        assert name is not None
        said = catalog_view.lost_or_coming(catalog, name)
        guess = None if said else nearest(name, (*catalog.names(), *catalog.variables()))
        hint = f"; {said}" if said else f"; did you mean `{guess}`?" if guess else ""
        raise SparkcError(f"{catalog.engine} {catalog.version} knows no {shown(name)}{hint}", status=1)
    typer.echo(catalog_view.as_json(found) if as_json else catalog_view.as_text(found), nl=False)
