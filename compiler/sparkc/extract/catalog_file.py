"""The text of a catalog file: JSON, one entry per line, so that a diff shows one change per line."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from sparkc.catalog.entries import Group, Json

FORMAT = 1

Entries = dict[str, dict[str, Json]]


@dataclass(frozen=True)
class Extract:
    """All that was read from one release.

    Args:
        engine: as a spec names it.
        read_from: name of the wheel or directory.
        readers: the processes in which the engine's code runs.
        parser: habits of the command line: `underscores` count as dashes, `dots` reach into JSON values, `prefixes` of
            names are accepted.
        base: engine and version that this one is a plug-in of; what is not found here is looked for there.
        backends: what is known of each attention backend.
        reads: names that the package reads without declaring them.
    """

    engine: str
    version: str
    package: str
    read_from: str
    parser: Mapping[str, bool]
    readers: tuple[str, ...]
    flags: Entries
    variables: Entries
    reads: frozenset[str]
    schemas: Entries = field(default_factory=dict)
    registered: Mapping[Group, tuple[str, ...]] = field(default_factory=dict)
    backends: Entries = field(default_factory=dict)
    ray_copy: Mapping[str, Json] | None = None
    base: tuple[str, str] | None = None


def text_of(extract: Extract) -> str:
    """Return the content of the catalog file."""
    head: dict[str, Json] = {
        "format": FORMAT,
        "engine": extract.engine,
        "version": extract.version,
        "package": extract.package,
        "read_from": extract.read_from,
        "parser": dict(extract.parser),
        "readers": list(extract.readers),
        "base": None if extract.base is None else list(extract.base),
        "ray_copy": None if extract.ray_copy is None else dict(extract.ray_copy),
    }
    sections = [
        *(f"{_compact(key)}: {_compact(value)}" for key, value in head.items()),
        f'"flags": {_lines(extract.flags)}',
        f'"variables": {_lines(extract.variables)}',
        f'"reads": {_list(sorted(extract.reads))}',
        f'"registered": {_registered(extract.registered)}',
        *([f'"backends": {_lines(extract.backends)}'] if extract.backends else []),
        f'"schemas": {_schemas(extract.schemas)}',
    ]
    return "{\n" + ",\n".join(sections) + "\n}\n"


def _compact(value: Json) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(", ", ": "), sort_keys=isinstance(value, dict))


def _lines(entries: Mapping[str, Json] | Entries) -> str:
    rows = [f"{_compact(name)}: {_compact(entries[name])}" for name in sorted(entries)]
    return "{\n" + ",\n".join(rows) + "\n}" if rows else "{}"


def _list(names: list[str]) -> str:
    return "[\n" + ",\n".join(_compact(name) for name in names) + "\n]" if names else "[]"


def _registered(groups: Mapping[Group, tuple[str, ...]]) -> str:
    rows = [f"{_compact(group.value)}: {_list(sorted(set(groups[group])))}" for group in sorted(groups)]
    return "{\n" + ",\n".join(rows) + "\n}" if rows else "{}"


def _schemas(schemas: Entries) -> str:
    rows = []
    for name in sorted(schemas):
        keys = schemas[name]["keys"]
        assert isinstance(keys, dict), name
        rows.append(f'{_compact(name)}: {{"closed": {_compact(schemas[name]["closed"])}, "keys": {_lines(keys)}}}')
    return "{\n" + ",\n".join(rows) + "\n}" if rows else "{}"
