"""What one version of an engine understands: its flags, variables, JSON keys and registered names.

A catalog is a generated JSON file, `engines/<engine>-<version>.json`, written by `python -m sparkc.extract` from the
release's own source. Shipped files are checked in tests and trusted here; a build reads only the one it needs, and an
entry becomes an object only when somebody asks for it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cache, cached_property
from pathlib import Path
from typing import TypeAlias

from packaging.version import InvalidVersion, Version

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"

ENGINES = Path(__file__).parent / "engines"
SUFFIXED = re.compile(r"\d+(\.\d+)?[kKmMgGtT]")


class Kind(StrEnum):
    """What a value must look like.

    A switch takes no value; `any` is what the engine does not narrow.
    """

    SWITCH = "switch"
    BOOL = "bool"
    INT = "int"
    FLOAT = "float"
    STR = "str"
    LIST = "list"
    JSON = "json"
    ANY = "any"


class Group(StrEnum):
    """Lists of names that an engine registers under a common purpose.

    EAGLE3_TARGETS are the model types to which EAGLE3 is restricted; empty means that this version restricts none.
    """

    TOOL_PARSERS = "tool_parsers"
    REASONING_PARSERS = "reasoning_parsers"
    QUANTIZATION = "quantization"
    LOAD_FORMATS = "load_formats"
    ATTENTION_BACKENDS = "attention_backends"
    MOE_BACKENDS = "moe_backends"
    LINEAR_BACKENDS = "linear_backends"
    CUDAGRAPH_MODES = "cudagraph_modes"
    SPECULATIVE_METHODS = "speculative_methods"
    EAGLE3_TARGETS = "eagle3_targets"
    EXECUTORS = "executors"


@dataclass(frozen=True)
class Deprecation:
    """The engine says that a name is on its way out.

    Args:
        removed_in: version that the engine names for the removal ("0.12.0"), when it names one.
        instead: flags or variables that it names as replacement; may be empty.
        refused: the program already stops when it is given.
    """

    removed_in: str | None
    instead: tuple[str, ...]
    refused: bool = False


@dataclass(frozen=True)
class Value:
    """What may be written as a value, of a flag or of a JSON key.

    Args:
        kind: of one value; of the items where there are several.
        choices: the closed list, refused outside of it; None when there is none.
        suggestions: names the engine knows, but other words pass its parser too; of an int, words that stand for one.
        any_case: choices and suggestions compare without regard to case.
        any_dash: choices compare with `-` and `_` as one.
        suffixes: integers may end in k, M, G and the like.
        none_allowed: the words `None` and the empty string mean "not set".
        low: the least value allowed, `above` when the bound itself is excluded; None when open.
        high: the greatest value allowed, `below` when the bound itself is excluded; None when open.
        default: when nothing is said. None is a value of its own: the engine decides later.
        default_known: False when the default is computed at start, so that `default` says nothing.
        schema: name of the schema that a JSON value follows; None when its keys are free.
    """

    kind: Kind
    choices: tuple[Json, ...] | None = None
    suggestions: tuple[str, ...] = ()
    any_case: bool = False
    any_dash: bool = False
    suffixes: bool = False
    none_allowed: bool = False
    low: float | None = None
    above: float | None = None
    high: float | None = None
    below: float | None = None
    default: Json = None
    default_known: bool = True
    schema: str | None = None

    def accepts(self, word: str) -> bool:
        """Tell whether the engine's command line takes this word as one value; keys inside JSON are not looked at."""
        if self.none_allowed and word in ("", "None"):
            return True
        if self.choices is not None:
            return self._folded(word) in {self._folded(str(choice)) for choice in self.choices}
        if self.kind in (Kind.INT, Kind.FLOAT):
            return self._folded(word) in {self._folded(known) for known in self.suggestions} or self._is_in_bounds(word)
        return self.kind is not Kind.JSON or _is_json(word)

    def _folded(self, word: str) -> str:
        cased = word.lower() if self.any_case else word
        return cased.replace("-", "_") if self.any_dash else cased

    def _is_in_bounds(self, word: str) -> bool:
        if self.suffixes and SUFFIXED.fullmatch(word):
            return True
        try:
            number = int(word) if self.kind is Kind.INT else float(word)
        except ValueError:
            return False
        return (
            (self.low is None or number >= self.low)
            and (self.above is None or number > self.above)
            and (self.high is None or number <= self.high)
            and (self.below is None or number < self.below)
        )


@dataclass(frozen=True)
class Flag:
    """One option of the engine's command line.

    Args:
        name: canonical long name, with dashes (`--max-model-len`).
        aliases: other spellings of the same (`-tp`).
        negatives: spellings that switch it off. The first is the one to emit.
        value: what it takes.
        nargs: as in argparse: `+`, `*`, `?`, a count; None is exactly one value (none for a switch).
        repeats: may be given several times, each adds.
        required: the program refuses to start without it.
        sets: the JSON key that this flag sets too (`AttentionConfig.backend`); None when there is none.
        deprecated: None when it is not.
        negated: the spelling that was looked up is one of the negatives.
        inner: keys after the name, when the spelling looked up was `--compilation-config.mode`.
    """

    name: str
    value: Value
    aliases: tuple[str, ...] = ()
    negatives: tuple[str, ...] = ()
    nargs: str | int | None = None
    repeats: bool = False
    required: bool = False
    sets: str | None = None
    deprecated: Deprecation | None = None
    negated: bool = False
    inner: tuple[str, ...] = ()

    @property
    def is_switch(self) -> bool:
        """Tell whether it stands alone on the command line."""
        return self.value.kind is Kind.SWITCH


@dataclass(frozen=True)
class Spellings:
    """How the reader of a yes/no variable understands words.

    Args:
        true: words that switch it on.
        false: words that switch it off.
        otherwise: what a word in neither list does: it counts as `true` or `false`, or the program `refuses` it.
        any_case: words compare without regard to case.
    """

    true: tuple[str, ...]
    false: tuple[str, ...]
    otherwise: str
    any_case: bool

    def says_yes(self, word: str) -> bool | None:
        """Tell what the reader makes of `word`; None when it refuses it."""
        compared = word.lower() if self.any_case else word
        if compared in self.true:
            return True
        if compared in self.false:
            return False
        return {"true": True, "false": False}.get(self.otherwise)


@dataclass(frozen=True)
class Variable:
    """An environment variable and who reads it.

    Args:
        name: exactly as it is read; case matters.
        owner: `vllm`, `ray`, `nccl`, `image eugr-vllm` and so on.
        kind: of its value.
        choices: closed list, or None.
        suggestions: known words, others pass too.
        default: the text assumed when it is absent; None when absence has its own meaning or is not known.
        spellings: how a yes/no variable understands words; None when that is not known.
        readers: processes that read it: raylet, driver, worker, host, proxy. Empty when `dead`. A Ray worker
            inherits what its node's raylet was given; whether it gets the driver's tells `reaches_ray_workers`.
        per_node: the value belongs to one node; the same on all of them is a mistake.
        deprecated: None when it is not.
        dead: why no program reads it any more; None when one does.
        source: public origin of a hand-kept entry; None for generated ones.
    """

    name: str
    owner: str
    kind: Kind = Kind.ANY
    choices: tuple[str, ...] | None = None
    suggestions: tuple[str, ...] = ()
    any_case: bool = False
    default: str | None = None
    spellings: Spellings | None = None
    readers: frozenset[str] = frozenset()
    per_node: bool = False
    deprecated: Deprecation | None = None
    dead: str | None = None
    source: str | None = None


@dataclass(frozen=True)
class Key:
    """One key of a structured value."""

    name: str
    value: Value
    many: bool = False
    deprecated: Deprecation | None = None


@dataclass(frozen=True)
class Schema:
    """The keys of one structured value.

    Args:
        closed: a key that is not listed is refused.
    """

    name: str
    keys: Mapping[str, Key]
    closed: bool


@dataclass(frozen=True)
class RayCopy:
    """Which variables of the driver the engine hands to its Ray workers by itself.

    Args:
        everything: the whole environment of the driver, `except_for` excluded.
        declared: the engine's own declared variables.
    """

    everything: bool
    declared: bool
    prefixes: tuple[str, ...]
    names: tuple[str, ...]
    except_for: tuple[str, ...]


@dataclass(frozen=True)
class EngineCatalog:
    """All that is known about one version of an engine; `find_engine` gives it.

    A plug-in (vLLM-Ascend) has a `base`: what it does not know itself is asked there.
    """

    engine: str
    version: str
    read_from: str
    _data: Mapping[str, Json] = field(repr=False, compare=False)
    base: EngineCatalog | None = None

    def flag(self, spelling: str) -> Flag | None:
        """Return the flag that this spelling means, by name, alias, negative or dotted key."""
        word, *inner = spelling.split(".") if self._parser("dots") else [spelling]
        if self._parser("underscores") and word.startswith("--"):
            word = word.replace("_", "-")
        name = self._spelled.get(word)
        if name is None:
            return self.base.flag(spelling) if self.base else None
        flag = _flag(name, _table(self._data["flags"])[name])
        return replace(flag, negated=word in flag.negatives, inner=tuple(inner))

    def flags(self) -> tuple[Flag, ...]:
        """Return every flag, sorted by canonical name."""
        own = tuple(_flag(name, entry) for name, entry in _table(self._data["flags"]).items())
        return tuple(sorted((*own, *(self.base.flags() if self.base else ())), key=lambda flag: flag.name))

    def names(self) -> tuple[str, ...]:
        """Return every option string there is: canonical names, aliases and negatives, sorted."""
        return tuple(sorted({*self._spelled, *(self.base.names() if self.base else ())}))

    def variable(self, name: str) -> Variable | None:
        """Return a variable that the engine declares, or reads by name somewhere in its code."""
        entry = _table(self._data["variables"]).get(name)
        if entry is not None:
            return _variable(name, self.engine, entry, self.readers)
        if self.base is not None and name in self.base.variables():
            return self.base.variable(name)
        if name in _names(self._data["reads"]):
            return Variable(name, self.engine, readers=self.readers)
        return self.base.variable(name) if self.base else None

    @property
    def readers(self) -> frozenset[str]:
        """Return the processes that run this engine's code, and read its variables unless an entry says otherwise."""
        return frozenset(_names(self._data["readers"]))

    def variables(self) -> tuple[str, ...]:
        """Return the names of the declared variables, sorted."""
        return tuple(sorted({*_table(self._data["variables"]), *(self.base.variables() if self.base else ())}))

    def in_other_case(self, name: str) -> str | None:
        """Return the variable that differs from `name` in case only: names are read as they are spelled."""
        folded = name.lower()
        return next((known for known in self.variables() if known != name and known.lower() == folded), None)

    def schema(self, name: str | None) -> Schema | None:
        """Return the keys of a structured value (`flag.value.schema`, or the schema of a key in it)."""
        entry = _table(self._data["schemas"]).get(name or "")
        if entry is None:
            return self.base.schema(name) if self.base else None
        keys = {key: _key(key, value) for key, value in _table(_table(entry)["keys"]).items()}
        return Schema(name or "", keys, closed=bool(_table(entry)["closed"]))

    def registered(self, group: Group) -> tuple[str, ...]:
        """Return the names that this version registers in a group; empty when it knows no such group."""
        own = _names(_table(self._data["registered"]).get(group.value))
        return tuple(sorted({*own, *(self.base.registered(group) if self.base else ())}))

    def parsers(self, kind: str) -> tuple[str, ...]:
        """Return the names of the `tool` or `reasoning` parsers."""
        return self.registered(Group(f"{kind}_parsers"))

    @property
    def ray_copy(self) -> RayCopy | None:
        """Return how variables reach Ray workers; None when the engine has no such mechanism."""
        entry = self._data.get("ray_copy")
        if entry is None:
            return self.base.ray_copy if self.base else None
        table = _table(entry)
        return RayCopy(
            everything=bool(table["everything"]),
            declared=bool(table["declared"]),
            prefixes=_names(table["prefixes"]),
            names=_names(table["names"]),
            except_for=_names(table["except_for"]),
        )

    def reaches_ray_workers(self, name: str) -> bool:
        """Tell whether a variable set for the driver alone arrives at its Ray workers on other nodes."""
        copy = self.ray_copy
        if copy is None or name in copy.except_for:
            return False
        declared = copy.declared and name in (self.base or self).variables()
        return copy.everything or declared or name in copy.names or name.startswith(copy.prefixes or ("\0",))

    def _parser(self, habit: str) -> bool:
        return bool(_table(self._data["parser"]).get(habit))

    @cached_property
    def _spelled(self) -> Mapping[str, str]:
        """Return the canonical name behind each option string."""
        spelled: dict[str, str] = {}
        for name, entry in _table(self._data["flags"]).items():
            flag = _table(entry)
            for spelling in (name, *_names(flag.get("aliases")), *_names(flag.get("negatives"))):
                spelled[spelling] = name
        return spelled


@dataclass(frozen=True)
class Match:
    """A catalog for a wanted version.

    Args:
        exact: it is of this very version (or of the release that a pre-release leads to); only then is an
            unknown name an error.
    """

    catalog: EngineCatalog
    exact: bool


def find_engine(name: str, version: str) -> Match | None:
    """Return the catalog to check against, or None when nothing can be checked.

    `0.18.1rc1`, `0.18.1.dev3+g1234` and `0.18.1+cu130` belong to 0.18.1. A version without a catalog uses the nearest
    lower one; a version older than all uses the oldest, because a name that existed later is a weaker hint than none.
    `unknown`, a word that is no version, and an engine without catalogs give None.
    """
    wanted = _version(version)
    known = available(name)
    if wanted is None or not known:
        return None
    if str(wanted) in known:
        return Match(_shipped(name, str(wanted)), exact=True)
    release = Version(f"{wanted.epoch}!{wanted.base_version}") if wanted.epoch else Version(wanted.base_version)
    if wanted.post is None and str(release) in known:
        return Match(_shipped(name, str(release)), exact=True)
    lower = [candidate for candidate in known if Version(candidate) <= wanted]
    return Match(_shipped(name, lower[-1] if lower else known[0]), exact=False)


@cache
def available(engine: str) -> tuple[str, ...]:
    """Return the versions of an engine that have a catalog, oldest first."""
    prefix = f"{engine}-"
    found = (path.stem.removeprefix(prefix) for path in ENGINES.glob(f"{prefix}[0-9]*.json"))
    return tuple(sorted(found, key=Version))


def open_catalog(data: Mapping[str, Json]) -> EngineCatalog:
    """Return the look-up over the content of a catalog file, which is taken to be right."""
    base = _names(data["base"])
    under = find_engine(*base) if base else None
    names = (str(data["engine"]), str(data["version"]), str(data["read_from"]))
    return EngineCatalog(*names, data, under.catalog if under else None)


@cache
def _shipped(engine: str, version: str) -> EngineCatalog:
    return open_catalog(json.loads((ENGINES / f"{engine}-{version}.json").read_bytes()))


def _version(text: str) -> Version | None:
    try:
        return Version(text)
    except InvalidVersion:
        return None


def _flag(name: str, entry: Json) -> Flag:
    table = _table(entry)
    nargs = table.get("nargs")
    return Flag(
        name=name,
        value=_value(table),
        aliases=_names(table.get("aliases")),
        negatives=_names(table.get("negatives")),
        nargs=nargs if isinstance(nargs, str | int) else None,
        repeats=bool(table.get("repeats")),
        required=bool(table.get("required")),
        sets=_text(table.get("sets")),
        deprecated=_deprecation(table.get("deprecated")),
    )


def _key(name: str, entry: Json) -> Key:
    table = _table(entry)
    return Key(name, _value(table), bool(table.get("many")), _deprecation(table.get("deprecated")))


def _value(table: Mapping[str, Json]) -> Value:
    choices = table.get("choices")
    return Value(
        kind=Kind(str(table.get("kind", Kind.ANY))),
        choices=tuple(choices) if isinstance(choices, list) else None,
        suggestions=_names(table.get("suggestions")),
        any_case=bool(table.get("any_case")),
        any_dash=bool(table.get("any_dash")),
        suffixes=bool(table.get("suffixes")),
        none_allowed=bool(table.get("none_allowed")),
        low=_bound(table.get("low")),
        above=_bound(table.get("above")),
        high=_bound(table.get("high")),
        below=_bound(table.get("below")),
        default=table.get("default"),
        default_known="default" in table,
        schema=_text(table.get("schema")),
    )


def _variable(name: str, owner: str, entry: Json, engine_readers: frozenset[str]) -> Variable:
    table = _table(entry)
    readers = _names(table.get("readers"))
    return Variable(
        name=name,
        owner=owner,
        kind=Kind(str(table.get("kind", Kind.ANY))),
        choices=_names(table.get("choices")) or None,
        suggestions=_names(table.get("suggestions")),
        any_case=bool(table.get("any_case")),
        default=_text(table.get("default")),
        spellings=_spellings(table.get("spellings")),
        readers=frozenset(readers) or engine_readers,
        deprecated=_deprecation(table.get("deprecated")),
    )


def _spellings(entry: Json) -> Spellings | None:
    if entry is None:
        return None
    table = _table(entry)
    return Spellings(
        true=_names(table["true"]),
        false=_names(table["false"]),
        otherwise=str(table["otherwise"]),
        any_case=bool(table["any_case"]),
    )


def _deprecation(entry: Json) -> Deprecation | None:
    if entry is None:
        return None
    table = _table(entry)
    return Deprecation(_text(table.get("removed_in")), _names(table.get("instead")), bool(table.get("refused")))


def _is_json(word: str) -> bool:
    try:
        json.loads(word)
    except (ValueError, RecursionError):
        return False
    return True


def _table(value: Json) -> Mapping[str, Json]:
    assert isinstance(value, dict), value
    return value


def _names(value: Json) -> tuple[str, ...]:
    return tuple(str(item) for item in value) if isinstance(value, list) else ()


def _text(value: Json) -> str | None:
    return None if value is None else str(value)


def _bound(value: Json) -> float | None:
    return value if isinstance(value, int | float) else None
