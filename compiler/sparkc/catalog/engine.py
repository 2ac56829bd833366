"""Look up what one version of an engine understands: its flags, variables, JSON keys and registered names.

A catalog is a generated JSON file, `engines/<engine>-<version>.json`, written by `sparkc catalog extract` from the
release's own source. Shipped files are checked in tests and trusted here; a build reads only the one it needs, and an
entry becomes an object only when somebody asks for it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from pathlib import Path

from packaging.version import InvalidVersion, Version

from sparkc.catalog.decoding import backend_from, flag_from, key_from, table, variable_from, words
from sparkc.catalog.entries import Backend, Flag, Group, Json, RayCopy, Schema, Variable

ENGINES = Path(__file__).parent / "engines"


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
        flag = flag_from(name, table(self._data["flags"])[name])
        return replace(flag, negated=word in flag.negatives, inner=tuple(inner))

    def flags(self) -> tuple[Flag, ...]:
        """Return every flag, sorted by canonical name."""
        own = tuple(flag_from(name, entry) for name, entry in table(self._data["flags"]).items())
        return tuple(sorted((*own, *(self.base.flags() if self.base else ())), key=lambda flag: flag.name))

    def names(self) -> tuple[str, ...]:
        """Return every option string there is: canonical names, aliases and negatives, sorted."""
        return tuple(sorted({*self._spelled, *(self.base.names() if self.base else ())}))

    def variable(self, name: str) -> Variable | None:
        """Return a variable that the engine declares, or reads by name somewhere in its code."""
        entry = table(self._data["variables"]).get(name)
        if entry is not None:
            return variable_from(name, self.engine, entry, self.readers)
        if self.base is not None and name in self.base.variables():
            return self.base.variable(name)
        if name in words(self._data["reads"]):
            return Variable(name, self.engine, readers=self.readers)
        return self.base.variable(name) if self.base else None

    @property
    def readers(self) -> frozenset[str]:
        """Return the processes that run this engine's code, and read its variables unless an entry says otherwise."""
        return frozenset(words(self._data["readers"]))

    def variables(self) -> tuple[str, ...]:
        """Return the names of the declared variables, sorted."""
        return tuple(sorted({*table(self._data["variables"]), *(self.base.variables() if self.base else ())}))

    def in_other_case(self, name: str) -> str | None:
        """Return the variable that differs from `name` in case only: names are read as they are spelled."""
        folded = name.lower()
        return next((known for known in self.variables() if known != name and known.lower() == folded), None)

    def schema(self, name: str | None) -> Schema | None:
        """Return the keys of a structured value (`flag.value.schema`, or the schema of a key in it)."""
        entry = table(self._data["schemas"]).get(name or "")
        if entry is None:
            return self.base.schema(name) if self.base else None
        keys = {key: key_from(key, value) for key, value in table(table(entry)["keys"]).items()}
        return Schema(name or "", keys, closed=bool(table(entry)["closed"]))

    def schemas(self) -> tuple[Schema, ...]:
        """Return every schema, sorted by name."""
        named = {*table(self._data["schemas"]), *((schema.name for schema in self.base.schemas()) if self.base else ())}
        found = (self.schema(name) for name in sorted(named))
        return tuple(schema for schema in found if schema is not None)

    def registered(self, group: Group) -> tuple[str, ...]:
        """Return the names that this version registers in a group; empty when it knows no such group."""
        own = words(table(self._data["registered"]).get(group.value))
        return tuple(sorted({*own, *(self.base.registered(group) if self.base else ())}))

    def backend(self, name: str) -> Backend | None:
        """Return what is known of an attention backend; None where this version's source says nothing of it."""
        entry = table(self._data.get("backends", {})).get(name)
        return backend_from(name, entry) if entry is not None else None

    def backends(self) -> tuple[Backend, ...]:
        """Return every attention backend of which something is known, sorted by name."""
        return tuple(backend_from(name, entry) for name, entry in table(self._data.get("backends", {})).items())

    def parsers(self, kind: str) -> tuple[str, ...]:
        """Return the names of the `tool` or `reasoning` parsers."""
        return self.registered(Group(f"{kind}_parsers"))

    @property
    def ray_copy(self) -> RayCopy | None:
        """Return how variables reach Ray workers; None when the engine has no such mechanism."""
        entry = self._data.get("ray_copy")
        if entry is None:
            return self.base.ray_copy if self.base else None
        copy = table(entry)
        return RayCopy(
            everything=bool(copy["everything"]),
            declared=bool(copy["declared"]),
            prefixes=words(copy["prefixes"]),
            names=words(copy["names"]),
            except_for=words(copy["except_for"]),
        )

    def reaches_ray_workers(self, name: str) -> bool:
        """Tell whether a variable set for the driver alone arrives at its Ray workers on other nodes."""
        copy = self.ray_copy
        if copy is None or name in copy.except_for:
            return False
        declared = copy.declared and name in (self.base or self).variables()
        return copy.everything or declared or name in copy.names or name.startswith(copy.prefixes or ("\0",))

    def _parser(self, habit: str) -> bool:
        return bool(table(self._data["parser"]).get(habit))

    @cached_property
    def _spelled(self) -> Mapping[str, str]:
        """Return the canonical name behind each option string."""
        spelled: dict[str, str] = {}
        for name, entry in table(self._data["flags"]).items():
            flag = table(entry)
            for spelling in (name, *words(flag.get("aliases")), *words(flag.get("negatives"))):
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
def engines() -> tuple[str, ...]:
    """Return the names of the engines that have catalogs, sorted."""
    return tuple(sorted({path.stem.rpartition("-")[0] for path in ENGINES.glob("*.json")}))


@cache
def available(engine: str) -> tuple[str, ...]:
    """Return the versions of an engine that have a catalog, oldest first."""
    prefix = f"{engine}-"
    found = (path.stem.removeprefix(prefix) for path in ENGINES.glob(f"{prefix}[0-9]*.json"))
    return tuple(sorted(found, key=Version))


def open_catalog(data: Mapping[str, Json]) -> EngineCatalog:
    """Return the look-up over the content of a catalog file, which is taken to be right."""
    base = words(data["base"])
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
