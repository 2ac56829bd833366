"""`sparkc catalog add-model`: a model file from a Hugging Face config.json."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def add_model_command(
    config: Annotated[Path, typer.Argument(metavar="CONFIG_JSON", help="The model's config.json.")],
    index: Annotated[
        Path | None,
        typer.Option("--index", metavar="SAFETENSORS_INDEX", help="Its model.safetensors.index.json, for the size."),
    ] = None,
    hub_id: Annotated[
        str | None, typer.Option("--id", metavar="ORG/NAME", help="Hub id; that of the config.json when absent.")
    ] = None,
    quant: Annotated[
        str | None, typer.Option("--quant", help="Format of the weights, when the config.json does not tell.")
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="File to write; standard output when absent.")
    ] = None,
) -> None:
    """Write a model file of the catalog, read from a config.json. What is not understood is named and refused."""
    from sparkc.catalog.config_json import read_config, weight_files
    from sparkc.catalog.model_file import hub_id_in, model_file
    from sparkc.findings import SparkcError

    text = _read(config)
    configured = read_config(text)
    if isinstance(configured, str):
        raise SparkcError(f"{config} cannot be read as a model: {configured}", status=1)
    weights = weight_files(_read(index)) if index else None
    if isinstance(weights, str):
        raise SparkcError(f"{index} cannot be read as an index: {weights}", status=1)
    found = hub_id or hub_id_in(text)
    if found is None:
        raise SparkcError(f"{config} does not name the model, wanted --id ORG/NAME")
    made = model_file(configured, found, quant or configured.quant, weights)
    if made is None:
        raise SparkcError(f"found --id {found!r} and format {quant or configured.quant!r}, wanted ORG/NAME and --quant")
    if output is None:
        typer.echo(made, nl=False)
    else:
        _write(output, made)


def _read(path: Path) -> str:
    from sparkc.findings import SparkcError

    try:
        return path.read_text("utf-8")
    except OSError as trouble:
        raise SparkcError(f"{path} cannot be read: {trouble.strerror}") from trouble
    except UnicodeDecodeError:
        raise SparkcError(f"{path} is not UTF-8 text") from None


def _write(path: Path, text: str) -> None:
    from sparkc.findings import SparkcError

    partial = path.with_name(f".{path.name}.partial")
    try:
        partial.write_text(text, "utf-8")
        partial.replace(path)
    except OSError as trouble:
        raise SparkcError(f"{path} cannot be written: {trouble.strerror}") from trouble
