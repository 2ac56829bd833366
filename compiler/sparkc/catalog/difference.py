"""What changes from one version of an engine to another: names, values and defaults."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sparkc.catalog.engine import EngineCatalog
from sparkc.catalog.entries import Group, Json, Value
from sparkc.catalog.history import Removal, instead_of, removal_of

TRAITS_OF_MODELS = (Group.WHOLE_MODELS, Group.MTP_MODELS)
"""Groups that tell something of models and are no names that anybody writes."""


@dataclass(frozen=True)
class Renamed:
    """A flag whose old name still works, as another spelling of a new one."""

    name: str
    now: str


@dataclass(frozen=True)
class Moved:
    """A default that is another one now. None says that the engine decides at start."""

    name: str
    before: Json
    after: Json


@dataclass(frozen=True)
class Revalued:
    """A flag or variable that takes other words now.

    Args:
        gone: words that are refused now.
        new: words that were refused before.
        before, after: kind of value, and whether its list of words is closed; equal when only words changed.
    """

    name: str
    gone: tuple[str, ...]
    new: tuple[str, ...]
    before: str
    after: str


@dataclass(frozen=True)
class Difference:
    """Everything that an upgrade changes; each tuple is sorted by name.

    Names are flags (`--task`), variables (`VLLM_USE_V1`), JSON keys (`CompilationConfig.mode`) and registered names
    (`tool_parsers: minimax_m2`).
    """

    engine: str
    before: str
    after: str
    removed: tuple[Removal, ...]
    renamed: tuple[Renamed, ...]
    defaults: tuple[Moved, ...]
    values: tuple[Revalued, ...]
    added: tuple[str, ...]


def difference(before: EngineCatalog, after: EngineCatalog) -> Difference:
    """Compare two versions of one engine; `before` may be the newer one."""
    old, new = dict(_values(before)), dict(_values(after))
    renamed = {name: flag.name for name in old if (flag := after.flag(name)) is not None and flag.name != name}
    names_before, names_after = {*old, *_registered(before, after)}, {*new, *_registered(after, before)}
    both = sorted(old.keys() & new.keys())
    return Difference(
        engine=before.engine,
        before=before.version,
        after=after.version,
        removed=tuple(_removed(name, before, after) for name in sorted(names_before - names_after - renamed.keys())),
        renamed=tuple(Renamed(name, renamed[name]) for name in sorted(renamed)),
        defaults=tuple(_moved({name: (old[name], new[name]) for name in both})),
        values=tuple(_revalued({name: (old[name], new[name]) for name in both})),
        added=tuple(sorted(names_after - names_before - set(renamed.values()))),
    )


def _values(catalog: EngineCatalog) -> Iterator[tuple[str, Value]]:
    """Yield every name that takes a value: flags, variables and keys of closed JSON values."""
    for flag in catalog.flags():
        yield flag.name, flag.value
    for name in catalog.variables():
        variable = catalog.variable(name)
        assert variable is not None
        known = variable.default is not None
        choices = variable.choices
        yield name, Value(variable.kind, choices=choices, default=variable.default, default_known=known)
    for schema in catalog.schemas():
        for key in schema.keys.values():
            yield f"{schema.name}.{key.name}", key.value


def _registered(catalog: EngineCatalog, other: EngineCatalog) -> Iterator[str]:
    for group in Group:
        # A version without a list of targets allows all: its names are neither new nor gone.
        known = group is not Group.EAGLE3_TARGETS or other.registered(group)
        if known and group not in TRAITS_OF_MODELS:
            yield from (f"{group.value}: {name}" for name in catalog.registered(group))


def _removed(name: str, before: EngineCatalog, after: EngineCatalog) -> Removal:
    """Return when exactly a name was lost, where versions in between were read."""
    lost = removal_of(name, after) if _is_flag_or_variable(name) else None
    return lost or Removal(name, before.version, after.version, instead_of(name, after.engine))


def _is_flag_or_variable(name: str) -> bool:
    return name.startswith("-") or ("." not in name and ": " not in name)


def _moved(pairs: Mapping[str, tuple[Value, Value]]) -> Iterator[Moved]:
    for name, (old, new) in pairs.items():
        if old.default_known and new.default_known and old.default != new.default:
            yield Moved(name, old.default, new.default)


def _revalued(pairs: Mapping[str, tuple[Value, Value]]) -> Iterator[Revalued]:
    for name, (old, new) in pairs.items():
        words, words_now = _words(old), _words(new)
        closed = old.choices is not None and new.choices is not None
        change = Revalued(
            name,
            gone=tuple(sorted(words - words_now)) if closed else (),
            new=tuple(sorted(words_now - words)) if closed else (),
            before=_shape(old),
            after=_shape(new),
        )
        if change.gone or change.new or change.before != change.after:
            yield change


def _words(value: Value) -> set[str]:
    return {str(choice) for choice in value.choices or ()}


def _shape(value: Value) -> str:
    return f"{value.kind.value}, one of a list" if value.choices is not None else value.kind.value
