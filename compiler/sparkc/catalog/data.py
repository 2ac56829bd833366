"""Read the catalog's data: YAML that people edit, kept in a form that loads at once."""

from __future__ import annotations

import contextlib
import json
import os
import sys
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

_HERE = Path(__file__).parent


@cache
def load(kind: str, name: str) -> dict[str, Any]:  # Any: the shape differs per kind; tests hold each to its schema
    """Return the facts called `name` of one kind ("hardware", "models", …), shared between callers: do not change them.

    The data is trusted here, because tests validate every file.

    Raises:
        FileNotFoundError: there is no such entry; ask `names` first when the name comes from a user.
    """
    file = _HERE / kind / f"{name}.yaml"
    kept = _kept(file)
    with contextlib.suppress(OSError):
        return json.loads(kept.read_bytes())  # type: ignore[no-any-return]  # trusted data, see above
    data = _parsed(file)
    _keep(kept, data)
    return data


@cache
def names(kind: str) -> tuple[str, ...]:
    """Return the names of all entries of one kind, sorted."""
    return tuple(sorted({file.stem for file in (_HERE / kind).iterdir() if file.suffix == ".yaml"}))


def _kept(file: Path) -> Path:
    """Return where the parsed form is kept: as with Python's own modules, size and time tell whether it fits."""
    status = file.stat()
    return file.parent / "__pycache__" / f"{file.stem}@{status.st_size}-{status.st_mtime_ns}.json"


def _parsed(file: Path) -> dict[str, Any]:  # Any: as above
    import yaml

    # The C loader parses the catalog about ten times faster; pure Python remains for builds of PyYAML without libyaml.
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return yaml.load(file.read_text(encoding="utf-8"), Loader=loader)  # type: ignore[no-any-return]


def _keep(kept: Path, data: dict[str, Any]) -> None:  # Any: as above
    """Write the parsed form in one step; a folder that cannot be written is no trouble."""
    if sys.dont_write_bytecode:
        return
    with contextlib.suppress(OSError):
        kept.parent.mkdir(exist_ok=True)
        for older in kept.parent.glob(f"{kept.name.partition('@')[0]}@*.json"):
            older.unlink(missing_ok=True)
        handle, temporary = tempfile.mkstemp(dir=kept.parent)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(data, file)
        Path(temporary).replace(kept)
