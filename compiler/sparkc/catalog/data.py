"""Read the catalog's data: YAML while people edit it, the same facts as JSON once it is packaged."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import yaml

_HERE = Path(__file__).parent


@cache
def load(kind: str, name: str) -> dict[str, Any]:  # Any: the shape differs per kind; tests hold each to its schema
    """Return the facts called `name` of one kind ("hardware", "models", …), shared between callers: do not change them.

    The data is trusted here, because tests validate every file.

    Raises:
        FileNotFoundError: there is no such entry; ask `names` first when the name comes from a user.
    """
    folder = _HERE / kind
    packaged = folder / f"{name}.json"
    if packaged.is_file():
        return json.loads(packaged.read_bytes())  # type: ignore[no-any-return]  # trusted data, see above
    text = (folder / f"{name}.yaml").read_text(encoding="utf-8")
    # The C loader parses the catalog about ten times faster; pure Python remains for builds of PyYAML without libyaml.
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return yaml.load(text, Loader=loader)  # type: ignore[no-any-return]


@cache
def names(kind: str) -> tuple[str, ...]:
    """Return the names of all entries of one kind, sorted."""
    return tuple(sorted({file.stem for file in (_HERE / kind).iterdir() if file.suffix in {".yaml", ".json"}}))
