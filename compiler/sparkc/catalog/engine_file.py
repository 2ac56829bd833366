"""Read a catalog file of the user's own, which unlike the shipped ones may hold anything."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from sparkc.catalog.engine import EngineCatalog, open_catalog
from sparkc.catalog.entries import Group, Json, Kind

FORMAT = 1
TEXTS = ("engine", "version", "package", "read_from")
TABLES = ("parser", "flags", "variables", "registered", "schemas")
LISTS = ("readers", "reads")
WORD_LISTS = ("aliases", "negatives", "suggestions", "readers")
YES_OR_NO = ("any_case", "any_dash", "suffixes", "none_allowed", "repeats", "required", "many")
LIMITS = ("low", "above", "high", "below")
Trouble = tuple[str, str]


def catalog_from(text: str) -> tuple[EngineCatalog | None, str | None]:
    """Return the look-up over a catalog that `sparkc catalog extract` wrote for a fork, or what is wrong with it.

    The sentence names the key and what stands there.
    """
    try:
        data: Json = json.loads(text)
    except (ValueError, RecursionError) as trouble:
        return None, f"not JSON ({trouble})"
    if not isinstance(data, dict):
        return None, f"found {_named(data)} where a catalog is a JSON object"
    for key, trouble_there in _troubles(data):
        return None, f"{key}: {trouble_there}"
    return open_catalog(data), None


def _troubles(data: Mapping[str, Json]) -> Iterator[Trouble]:
    if data.get("format") != FORMAT:
        yield "format", f"found {_named(data.get('format'))}, wanted {FORMAT}"
    yield from _of_type(data, TEXTS, str, "a text")
    yield from _of_type(data, TABLES, dict, "an object")
    yield from _of_type(data, LISTS, list, "a list of names")
    base = data.get("base")
    if base is not None and not (_is_words(base) and isinstance(base, list) and len(base) == 2):
        yield "base", f"found {_named(base)}, wanted an engine and a version, or null"
    yield from _ray_copy(data.get("ray_copy"))
    for section in ("flags", "variables"):
        for name, entry in _items(data.get(section)):
            yield from _entry(f"{section}.{name}", entry)
    for name, schema in _items(data.get("schemas")):
        keys = schema.get("keys") if isinstance(schema, dict) else None
        if not isinstance(keys, dict) or not isinstance(schema, dict) or not isinstance(schema.get("closed"), bool):
            yield f"schemas.{name}", f"found {_named(schema)}, wanted an object with closed and keys"
        for key, entry in _items(keys):
            yield from _entry(f"schemas.{name}.{key}", entry)
    if not isinstance(data.get("backends", {}), dict):
        yield "backends", f"found {_named(data['backends'])}, wanted an object"
    for name, backend in _items(data.get("backends")):
        yield from _backend(f"backends.{name}", backend)
    for name, words in _items(data.get("registered")):
        if name not in {group.value for group in Group}:
            yield f"registered.{name}", f"not one of {', '.join(group.value for group in Group)}"
        if not _is_words(words):
            yield f"registered.{name}", f"found {_named(words)}, wanted a list of names"


def _entry(place: str, entry: Json) -> Iterator[Trouble]:
    if not isinstance(entry, dict):
        yield place, f"found {_named(entry)}, wanted an object"
        return
    if entry.get("kind") not in {kind.value for kind in Kind}:
        yield f"{place}.kind", f"found {_named(entry.get('kind'))}, wanted one of {', '.join(Kind)}"
    for key in WORD_LISTS:
        if key in entry and not _is_words(entry[key]):
            yield f"{place}.{key}", f"found {_named(entry[key])}, wanted a list of names"
    for key in YES_OR_NO:
        if key in entry and not isinstance(entry[key], bool):
            yield f"{place}.{key}", f"found {_named(entry[key])}, wanted true or false"
    for key in LIMITS:
        if key in entry and not isinstance(entry[key], int | float):
            yield f"{place}.{key}", f"found {_named(entry[key])}, wanted a number"
    if "choices" in entry and not isinstance(entry["choices"], list):
        yield f"{place}.choices", f"found {_named(entry['choices'])}, wanted a list"
    yield from _deprecated(place, entry.get("deprecated"))
    yield from _spellings(place, entry.get("spellings"))


def _backend(place: str, entry: Json) -> Iterator[Trouble]:
    if not isinstance(entry, dict):
        yield place, f"found {_named(entry)}, wanted an object"
        return
    for key, value in entry.items():
        if key in ("head_sizes", "capabilities"):
            if not isinstance(value, list) or not all(type(item) is int for item in value):
                yield f"{place}.{key}", f"found {_named(value)}, wanted a list of whole numbers"
        elif key == "cache_types":
            if not _is_words(value):
                yield f"{place}.{key}", f"found {_named(value)}, wanted a list of names"
        elif not isinstance(value, bool):
            yield f"{place}.{key}", f"found {_named(value)}, wanted true or false"


def _deprecated(place: str, value: Json) -> Iterator[Trouble]:
    if value is not None and not (isinstance(value, dict) and _is_words(value.get("instead", []))):
        yield f"{place}.deprecated", f"found {_named(value)}, wanted an object with removed_in and instead"


def _spellings(place: str, value: Json) -> Iterator[Trouble]:
    if value is None:
        return
    known = isinstance(value, dict) and value.get("otherwise") in ("true", "false", "refuses")
    if not known or not isinstance(value, dict) or not all(_is_words(value.get(key)) for key in ("true", "false")):
        yield f"{place}.spellings", f"found {_named(value)}, wanted an object with true, false, otherwise and any_case"
    elif not isinstance(value.get("any_case"), bool):
        yield f"{place}.spellings.any_case", f"found {_named(value.get('any_case'))}, wanted true or false"


def _ray_copy(value: Json) -> Iterator[Trouble]:
    if value is None:
        return
    if not isinstance(value, dict):
        yield "ray_copy", f"found {_named(value)}, wanted an object or null"
        return
    for key in ("prefixes", "names", "except_for"):
        if not _is_words(value.get(key)):
            yield f"ray_copy.{key}", f"found {_named(value.get(key))}, wanted a list of names"
    for key in ("everything", "declared"):
        if not isinstance(value.get(key), bool):
            yield f"ray_copy.{key}", f"found {_named(value.get(key))}, wanted true or false"


def _of_type(data: Mapping[str, Json], keys: tuple[str, ...], wanted: type, named: str) -> Iterator[Trouble]:
    for key in keys:
        value = data.get(key)
        if not isinstance(value, wanted) or (wanted is list and not _is_words(value)):
            yield key, f"found {_named(value)}, wanted {named}"


def _items(value: Json) -> Iterator[tuple[str, Json]]:
    yield from value.items() if isinstance(value, dict) else ()


def _is_words(value: Json) -> bool:
    return isinstance(value, list) and all(isinstance(word, str) for word in value)


def _named(value: Json) -> str:
    """Return a value as a person would name it, short enough for one line."""
    if value is None:
        return "nothing"
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 40 else f"{text[:37]}..."
