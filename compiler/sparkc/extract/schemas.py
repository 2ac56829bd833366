"""Structured values: which keys a configuration class has, and what each may hold."""

from __future__ import annotations

from sparkc.extract.configs import MISSING, Field, fields_of, is_config, is_model, members_of, refuses_unknown_keys
from sparkc.extract.interpreter import Interpreter
from sparkc.extract.options import Entry, choices_entry, deprecation_in, plain
from sparkc.extract.values import Class, External, Form

PLAIN_KINDS = {"int": "int", "float": "float", "bool": "bool", "str": "str", "dict": "json", "Path": "str"}
COLLECTIONS = frozenset({"list", "tuple", "set", "frozenset", "Sequence", "Iterable"})


def schemas_of(interpreter: Interpreter, wanted: dict[str, Class]) -> dict[str, Entry]:
    """Return the schemas of the wanted classes and of all classes that their fields name."""
    made: dict[str, Entry] = {}
    waiting = dict(wanted)
    while waiting:
        name, cls = waiting.popitem()
        if name in made:
            continue
        keys: Entry = {}
        for field in fields_of(interpreter, cls).values():
            if field.settable and not field.name.startswith("_"):
                keys[field.name] = key_of(interpreter, field, waiting)
        made[name] = {"closed": refuses_unknown_keys(interpreter, cls), "keys": keys}
    return made


def key_of(interpreter: Interpreter, field: Field, classes: dict[str, Class]) -> Entry:
    """Return the entry of one key; classes that it names are added to `classes`."""
    entry: Entry = {}
    members = members_of(field.hint)
    collection = next((member for member in members if _is_collection(member)), None)
    if collection is not None:
        entry["many"] = True
        others = tuple(member for member in members if member is not collection)
        members = (*(collection.args[:1] if isinstance(collection, Form) else ()), *others)
        members = tuple(part for member in members for part in members_of(member))
    if None in members_of(field.hint):
        entry["none_allowed"] = True
    _describe(interpreter, entry, tuple(member for member in members if member is not None), classes)
    default = None if field.default is MISSING else plain(field.default)
    if default is not None:
        entry["default"] = default[0]
    entry.update(dict(field.bounds))
    deprecated = deprecation_in(field.text)
    if deprecated is not None:
        entry["deprecated"] = deprecated
    return entry


def _describe(interpreter: Interpreter, entry: Entry, members: tuple[object, ...], classes: dict[str, Class]) -> None:
    literal = [value for member in members if _is_literal(member) for value in member.args]  # type: ignore[attr-defined]  # Form, by _is_literal
    kinds = {kind for member in members if (kind := _kind(member)) is not None}
    config = next((m for m in members if isinstance(m, Class) and (is_config(m) or is_model(interpreter, m))), None)
    enumeration = next((m for m in members if isinstance(m, Class) and interpreter.is_enum(m)), None)
    if config is not None:
        entry["kind"], entry["schema"] = "json", config.name
        classes[config.name] = config
    elif literal:
        entry["kind"] = {str: "str", int: "int", float: "float", bool: "bool"}.get(type(literal[0]), "any")
        if "str" in kinds:
            entry["suggestions"] = [*sorted(str(value) for value in literal)]
        else:
            choices_entry(entry, literal)
    elif enumeration is not None:
        # Read by name without regard to case: the fields' own validators upper-case the word.
        entry["kind"], entry["any_case"] = "str", True
        choices_entry(entry, list(interpreter.members(enumeration)))
    else:
        entry["kind"] = kinds.pop() if len(kinds) == 1 else "float" if kinds == {"int", "float"} else "any"


def _is_collection(member: object) -> bool:
    if isinstance(member, Form):
        return member.origin in COLLECTIONS
    return isinstance(member, External) and member.name.rpartition(".")[2] in COLLECTIONS


def _is_literal(member: object) -> bool:
    return isinstance(member, Form) and member.origin == "Literal"


def _kind(member: object) -> str | None:
    if isinstance(member, Form):
        return "json" if member.origin in ("dict", "Mapping") else None
    return PLAIN_KINDS.get(member.name.rpartition(".")[2]) if isinstance(member, External) else None
