"""Turn the entries of a catalog file into objects, one at a time and only when somebody asks."""

from __future__ import annotations

from collections.abc import Mapping

from sparkc.catalog.entries import Backend, Deprecation, Flag, Json, Key, Kind, Spellings, Value, Variable


def flag_from(name: str, entry: Json) -> Flag:
    """Return a flag from its entry."""
    fields = table(entry)
    nargs = fields.get("nargs")
    return Flag(
        name=name,
        value=_value(fields),
        aliases=words(fields.get("aliases")),
        negatives=words(fields.get("negatives")),
        nargs=nargs if isinstance(nargs, str | int) else None,
        repeats=bool(fields.get("repeats")),
        required=bool(fields.get("required")),
        sets=_text(fields.get("sets")),
        deprecated=_deprecation(fields.get("deprecated")),
    )


def key_from(name: str, entry: Json) -> Key:
    """Return a key of a JSON value from its entry."""
    fields = table(entry)
    return Key(name, _value(fields), bool(fields.get("many")), _deprecation(fields.get("deprecated")))


def _value(fields: Mapping[str, Json]) -> Value:
    choices = fields.get("choices")
    return Value(
        kind=Kind(str(fields.get("kind", Kind.ANY))),
        choices=tuple(choices) if isinstance(choices, list) else None,
        suggestions=words(fields.get("suggestions")),
        any_case=bool(fields.get("any_case")),
        any_dash=bool(fields.get("any_dash")),
        suffixes=bool(fields.get("suffixes")),
        none_allowed=bool(fields.get("none_allowed")),
        low=_bound(fields.get("low")),
        above=_bound(fields.get("above")),
        high=_bound(fields.get("high")),
        below=_bound(fields.get("below")),
        default=fields.get("default"),
        default_known="default" in fields,
        schema=_text(fields.get("schema")),
    )


def variable_from(name: str, owner: str, entry: Json, engine_readers: frozenset[str]) -> Variable:
    """Return a variable from its entry; it is read wherever the engine runs unless the entry says otherwise."""
    fields = table(entry)
    readers = words(fields.get("readers"))
    return Variable(
        name=name,
        owner=owner,
        kind=Kind(str(fields.get("kind", Kind.ANY))),
        choices=words(fields.get("choices")) or None,
        suggestions=words(fields.get("suggestions")),
        any_case=bool(fields.get("any_case")),
        default=_text(fields.get("default")),
        spellings=_spellings(fields.get("spellings")),
        readers=frozenset(readers) or engine_readers,
        deprecated=_deprecation(fields.get("deprecated")),
    )


def backend_from(name: str, entry: Json) -> Backend:
    """Return an attention backend from its entry."""
    fields = table(entry)
    return Backend(
        name=name,
        mla=_known(fields.get("mla")),
        sparse=_known(fields.get("sparse")),
        sinks=_known(fields.get("sinks")),
        pcp=_known(fields.get("pcp")),
        dcp=_known(fields.get("dcp")),
        interleaved_drafts=_known(fields.get("interleaved_drafts")),
        head_sizes=_numbers(fields.get("head_sizes")),
        cache_types=words(fields["cache_types"]) if "cache_types" in fields else None,
        capabilities=_numbers(fields.get("capabilities")),
    )


def _known(value: Json) -> bool | None:
    return value if isinstance(value, bool) else None


def _numbers(value: Json) -> tuple[int, ...] | None:
    return tuple(item for item in value if isinstance(item, int)) if isinstance(value, list) else None


def _spellings(entry: Json) -> Spellings | None:
    if entry is None:
        return None
    fields = table(entry)
    return Spellings(
        true=words(fields["true"]),
        false=words(fields["false"]),
        otherwise=str(fields["otherwise"]),
        any_case=bool(fields["any_case"]),
    )


def _deprecation(entry: Json) -> Deprecation | None:
    if entry is None:
        return None
    fields = table(entry)
    return Deprecation(_text(fields.get("removed_in")), words(fields.get("instead")), bool(fields.get("refused")))


def table(value: Json) -> Mapping[str, Json]:
    """Return what is known to be an object."""
    assert isinstance(value, dict), value
    return value


def words(value: Json) -> tuple[str, ...]:
    """Return a list of names; empty when there is none."""
    return tuple(str(item) for item in value) if isinstance(value, list) else ()


def _text(value: Json) -> str | None:
    return None if value is None else str(value)


def _bound(value: Json) -> float | None:
    return value if isinstance(value, int | float) else None
