"""Show catalogs: one entry of a version, and what changes between two versions."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict

from sparkc.catalog.difference import Difference, Revalued
from sparkc.catalog.engine import EngineCatalog
from sparkc.catalog.entries import Flag, Group, Value, Variable
from sparkc.catalog.history import Removal, arrival_of, removal_of

# --- one version -----------------------------------------------------------------------------------------------------


def summary(catalog: EngineCatalog) -> dict[str, object]:
    """Return how much there is of everything in a version."""
    return {
        "engine": catalog.engine,
        "version": catalog.version,
        "read_from": catalog.read_from,
        "flags": len(catalog.flags()),
        "option_strings": len(catalog.names()),
        "variables": len(catalog.variables()),
        "json_values": len(catalog.schemas()),
        **{group.value: len(names) for group in Group if (names := catalog.registered(group))},
    }


def entry(catalog: EngineCatalog, name: str) -> dict[str, object] | None:
    """Return what a version knows about a name; None when nothing.

    Names are flags, variables, JSON values, groups of names, attention backends and architectures of models.
    """
    found = catalog.flag(name) if name.startswith("-") else None
    if found is not None:
        return {"flag": found.name, **_flag(found)}
    if name in {group.value for group in Group}:
        return {"group": name, "names": list(catalog.registered(Group(name)))}
    backend = catalog.backend(name)
    if backend is not None:
        said = {key: list(value) if isinstance(value, tuple) else value for key, value in asdict(backend).items()}
        del said["name"]
        return {"attention_backend": name, **{key: value for key, value in said.items() if value is not None}}
    if name in catalog.registered(Group.MODELS):
        return {"model": name, "pipeline_stages": name not in catalog.registered(Group.WHOLE_MODELS)}
    variable = catalog.variable(name)
    if variable is not None:
        return {"variable": name, **_variable(variable)}
    schema = catalog.schema(name)
    if schema is None:
        return None
    return {
        "json_value": name,
        "other_keys": "refused" if schema.closed else "accepted",
        "keys": {key.name: _value(key.value) for key in schema.keys.values()},
    }


def lost_or_coming(catalog: EngineCatalog, name: str) -> str | None:
    """Return a sentence about a name that other versions know and this one does not; None when none does."""
    lost = removal_of(name, catalog)
    if lost is not None:
        return f"{name} was {_gone(lost)}"
    coming = arrival_of(name, catalog)
    return f"{name} comes with {coming}" if coming else None


def as_text(shown: Mapping[str, object]) -> str:
    """Return a summary or an entry as lines of `name: value`."""
    return "".join(f"{line}\n" for line in _lines(shown, ""))


def as_json(shown: Mapping[str, object]) -> str:
    """Return the same as JSON."""
    return json.dumps(shown, indent=2, ensure_ascii=False) + "\n"


def _lines(shown: Mapping[str, object], indent: str) -> Iterator[str]:
    for key, value in shown.items():
        if isinstance(value, Mapping):
            yield f"{indent}{key}:"
            yield from _lines(value, f"{indent}  ")
        else:
            text = ", ".join(map(str, value)) if isinstance(value, list) else _plain(value)
            yield f"{indent}{key}: {text}"


def _plain(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _flag(flag: Flag) -> dict[str, object]:
    said = {
        "aliases": list(flag.aliases),
        "negatives": list(flag.negatives),
        **_value(flag.value),
        "values": flag.nargs,
        "repeats": flag.repeats,
        "required": flag.required,
        "sets": flag.sets,
        "deprecated": asdict(flag.deprecated) if flag.deprecated else None,
    }
    return {key: value for key, value in said.items() if value or key == "default"}


def _variable(variable: Variable) -> dict[str, object]:
    said = {
        "owner": variable.owner,
        "kind": variable.kind.value,
        "choices": list(variable.choices or ()),
        "suggestions": list(variable.suggestions),
        "default": variable.default,
        "spellings": asdict(variable.spellings) if variable.spellings else None,
        "readers": sorted(variable.readers),
        "deprecated": asdict(variable.deprecated) if variable.deprecated else None,
    }
    return {key: value for key, value in said.items() if value}


def _value(value: Value) -> dict[str, object]:
    said: dict[str, object] = {"kind": value.kind.value}
    if value.choices is not None:
        said["choices"] = list(value.choices)
    if value.suggestions:
        said["suggestions"] = list(value.suggestions)
    if value.default_known:
        said["default"] = value.default
    if value.schema:
        said["json_value"] = value.schema
    return said


# --- two versions ----------------------------------------------------------------------------------------------------


def difference_as_json(found: Difference) -> str:
    """Return a difference as JSON."""
    return as_json(asdict(found))


def difference_as_text(found: Difference) -> str:
    """Return a difference for people: what breaks first, what is new last."""
    lines = [f"{found.engine} {found.before} -> {found.after}"]
    lines += _section("removed", [f"{lost.name}  {_gone(lost)}" for lost in found.removed])
    lines += _section("renamed, the old name still works", [f"{flag.name}  now {flag.now}" for flag in found.renamed])
    lines += _section(
        "other default", [f"{name.name}  {_plain(name.before)} -> {_plain(name.after)}" for name in found.defaults]
    )
    lines += _section("other values", [f"{change.name}  {_change(change)}" for change in found.values])
    lines += _section("new", list(found.added))
    return "\n".join(lines) + "\n"


def _section(title: str, rows: list[str]) -> list[str]:
    return ["", f"{title} ({len(rows)})", *(f"  {row}" for row in rows)] if rows else []


def _gone(lost: Removal) -> str:
    instead = f"; instead: {', '.join(lost.instead)}" if lost.instead else ""
    return f"last in {lost.last}, gone by {lost.gone_by}{instead}"


def _change(change: Revalued) -> str:
    parts = [f"{change.before} -> {change.after}"] if change.before != change.after else []
    parts += [f"no longer {', '.join(change.gone)}"] if change.gone else []
    parts += [f"also {', '.join(change.new)}"] if change.new else []
    return "; ".join(parts)
