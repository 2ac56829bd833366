"""`sparkc catalog extract`: read a release, or an image's site-packages, into a catalog."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def extract_command(
    release: Annotated[Path, typer.Argument(help="A wheel, or a directory into which the engine is installed.")],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="File to write; standard output when absent.")
    ] = None,
) -> None:
    """Write the catalog of a release, read from its source without importing it."""
    from sparkc.extract.release import catalog_text

    text = catalog_text(release)
    if output is None:
        typer.echo(text, nl=False)
    else:
        _write(output, text)


def _write(path: Path, text: str) -> None:
    """Write the whole file or nothing.

    Raises:
        SparkcError: the file cannot be written.
    """
    from sparkc.findings import SparkcError

    partial = path.with_name(f".{path.name}.partial")
    try:
        partial.write_text(text, "utf-8")
        partial.replace(path)
    except OSError as trouble:
        raise SparkcError(f"{path} cannot be written: {trouble.strerror}") from trouble
