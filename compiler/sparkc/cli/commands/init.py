"""`sparkc init`: a commented first spec."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class Kind(StrEnum):
    """The machines that a first spec is there for; each is a file in `cli/first_specs`."""

    DGX_SPARK = "dgx-spark"
    ASCEND = "ascend"


def init_command(
    kind: Annotated[Kind, typer.Argument(help="The machines that it is for.")] = Kind.DGX_SPARK,
    file: Annotated[Path, typer.Option("--output", "-o", help="Where to write it.")] = Path("specs/my-model.yaml"),
) -> None:
    """Write a commented first spec, and `sparkc.toml` where there is none. Nothing is asked, nothing overwritten."""
    from sparkc.findings import SparkcError
    from sparkc.source.project import FILE_NAME, find_project

    text = (Path(__file__).parent.parent / "first_specs" / f"{kind.value}.yaml").read_text(encoding="utf-8")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("x", encoding="utf-8") as stream:
            stream.write(text)
        typer.echo(f"wrote {file}")
        project = Path(FILE_NAME)
        if find_project(file).root == file.parent.absolute() and not project.exists() and not file.is_absolute():
            project.write_text(f'specs = ["{file.parent.as_posix()}"]\noutput = "generated"\n', encoding="utf-8")
            typer.echo(f"wrote {project}")
    except FileExistsError:
        raise SparkcError(f"{file} is already there; name another file with --output") from None
    except OSError as refusal:
        raise SparkcError(f"cannot write {file}: {refusal.strerror}") from refusal
    typer.echo(f"next: edit it, then `sparkc check {file}`")
