"""What a command line declares: a recorder in the place of the engine's argument parser."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from sparkc.catalog.entries import Json
from sparkc.extract.frames import Host
from sparkc.extract.interpreter import Interpreter
from sparkc.extract.natives import SUPPRESS, Converter, as_converter
from sparkc.extract.values import Class, External, Function, Member, Raised, Undecidable

Names = Callable[[str], tuple[str, ...]]
Entry = dict[str, Json]

SWITCHES = frozenset({"store_true", "store_false", "store_const", "count", "help", "version"})
BOOLEAN_PAIR = "argparse.BooleanOptionalAction"
DEPRECATED = re.compile(
    r"\[deprecated|\(deprecated|deprecated:|^deprecated\b"
    r"|(?:^|[.\n]\s*)\w+ (?:is|has been) deprecated"
    r"|(?:this|it|option|flag|field|argument|parameter|note|\w+_\w+|--[\w-]+|--[\w-]+\)) (?:is|has been) deprecated",
    re.IGNORECASE,
)
REMOVED_IN = re.compile(r"removed in (?:a future|version |v)?(\d+\.\d+(?:\.\d+)?)")
INSTEAD = re.compile(
    r"(?:\buse|\bin favou?r of|\breplaced by|\bsuperseded by|\bprefer)\b[^.]*?(--[a-z0-9][a-z0-9._-]*[a-z0-9])",
    re.IGNORECASE,
)


@dataclass
class Recorder(Host):
    """Stands in for the parser and for each of its groups; keeps what `add_argument` is given."""

    calls: list[tuple[tuple[str, ...], dict[str, object]]] = field(default_factory=list)

    def add_argument(self, *names: object, **words: object) -> None:
        """Keep one declaration; positional arguments are no flags."""
        spelled = tuple(str(name) for name in names)
        if spelled and spelled[0].startswith("-"):
            self.calls.append((spelled, dict(words)))

    def add_argument_group(self, *_: object, **__: object) -> Recorder:
        """Return the group, which records in the same place."""
        return self

    def add_mutually_exclusive_group(self, *_: object, **__: object) -> Recorder:
        """Return the group, which records in the same place."""
        return self

    def set_defaults(self, **_: object) -> None:
        """Take nothing: what a default overrides is known to the engine alone."""


def flags_from(
    recorder: Recorder, interpreter: Interpreter, negatives: Names, schemas: dict[str, Class]
) -> dict[str, Entry]:
    """Return the catalog entries of all declared flags, by canonical name.

    Args:
        negatives: gives the spellings that switch a boolean pair off, by its positive long name.
        schemas: takes up the classes that structured values name.
    """
    flags: dict[str, Entry] = {}
    for names, words in recorder.calls:
        name = _canonical(names)
        entry = entry_of(words, interpreter, schemas)
        aliases = [other for other in names if other != name]
        if words.get("action") == External(BOOLEAN_PAIR):
            longs = [other for other in names if other.startswith("--")]
            entry["negatives"] = [spelling for long in longs for spelling in negatives(long)]
        if aliases:
            entry["aliases"] = list(aliases)
        flags[name] = entry
    return flags


def entry_of(words: Mapping[str, object], interpreter: Interpreter, schemas: dict[str, Class]) -> Entry:
    """Return the catalog entry for the keyword arguments of one `add_argument`."""
    entry: Entry = _value_entry(words, interpreter, schemas)
    nargs = words.get("nargs")
    if isinstance(nargs, str | int):
        entry["nargs"] = nargs
    if words.get("action") in ("append", "extend"):
        entry["repeats"] = True
    if words.get("required") is True:
        entry["required"] = True
    if isinstance(words.get("sets"), str):
        entry["sets"] = str(words["sets"])
    deprecated = _deprecation_of(words)
    if deprecated is not None:
        entry["deprecated"] = deprecated
    return entry


def _deprecation_of(words: Mapping[str, object]) -> Entry | None:
    """Return what the words say about deprecation, an action class called `Deprecated…` included."""
    action = words.get("action")
    named = isinstance(action, Class) and action.name.startswith("Deprecated")
    said = named or words.get("deprecated") is True
    text = " ".join(str(words[key]) for key in ("help", "new_flag", "error_message") if isinstance(words.get(key), str))
    if isinstance(words.get("new_flag"), str):
        text = f"{text} use {words['new_flag']}"
    found = deprecation_in(text, said=said)
    if found is not None and isinstance(words.get("error_message"), str):
        found["refused"] = True
    return found


def deprecation_in(text: str, *, said: bool = False) -> Entry | None:
    """Return what a text says about deprecation: the version of removal and the flags to use instead."""
    if not said and not DEPRECATED.search(text):
        return None
    removed = REMOVED_IN.search(text)
    instead = sorted(set(INSTEAD.findall(text)))
    return {"removed_in": removed.group(1) if removed else None, "instead": list(instead)}


def plain(value: object) -> tuple[Json] | None:
    """Return a value as JSON in a tuple of one, or None when it has no such form."""
    match value:
        case None | bool() | int() | float() | str():
            return (value,)
        case Member(value=inner):
            return plain(inner) if isinstance(inner, str) else (value.name,)
        case list() | tuple() | set() | frozenset():
            items = [plain(item) for item in (sorted(value, key=str) if isinstance(value, set | frozenset) else value)]
            return None if any(item is None for item in items) else ([item[0] for item in items if item is not None],)
        case dict():
            pairs = {str(key): plain(item) for key, item in value.items()}
            return None if None in pairs.values() else ({key: item[0] for key, item in pairs.items() if item},)
        case External(name=SUPPRESS.name):
            return (None,)
    return None


def choices_entry(entry: Entry, choices: object) -> None:
    """Put choices into an entry: closed when all are known, as suggestions when the machine adds more."""
    if isinstance(choices, list | tuple | set | dict):
        known = [item for item in (plain(choice) for choice in choices) if item is not None]
        listed = sorted({item[0] for item in known if isinstance(item[0], str | int | float)}, key=_by_type)
        if len(known) == len(choices):
            entry["choices"] = list(listed)
        else:
            entry["suggestions"] = [str(item) for item in listed]


def _value_entry(words: Mapping[str, object], interpreter: Interpreter, schemas: dict[str, Class]) -> Entry:
    action = words.get("action")
    entry: Entry = {}
    stands_alone = words.get("nargs", 0) == 0 and _takes_nothing(action)
    if action == External(BOOLEAN_PAIR) or action in SWITCHES or stands_alone:
        entry["kind"] = "switch"
    else:
        _type_entry(entry, words.get("type"), interpreter, schemas)
        choices_entry(entry, words.get("choices"))
        suggested = words.get("suggestions")
        if isinstance(suggested, list):
            entry["suggestions"] = [*sorted(str(item) for item in suggested)]
    if words.get("any_case") is True:
        entry["any_case"] = True
    default = plain(words.get("default", {"store_true": False, "store_false": True}.get(str(action))))
    if default is not None:
        entry["default"] = default[0]
    for bound, limit in words.get("bounds", ()):  # type: ignore[attr-defined]  # pairs, put there by get_kwargs
        entry[bound] = limit
    return entry


def _takes_nothing(action: object) -> bool:
    """Tell whether an action class of the engine's own stands alone: its `__init__` has `nargs=0`."""
    if not isinstance(action, Class):
        return False
    for item in action.node.body:
        if isinstance(item, ast.FunctionDef) and item.name == "__init__":
            names = [argument.arg for argument in item.args.args]
            defaults = dict(zip(reversed(names), reversed(item.args.defaults), strict=False))
            given = defaults.get("nargs")
            return isinstance(given, ast.Constant) and given.value == 0
    return False


def _type_entry(entry: Entry, given: object, interpreter: Interpreter, schemas: dict[str, Class]) -> None:
    converter = as_converter(given)
    if isinstance(converter, Function):
        _probe(entry, converter, interpreter)
    elif isinstance(converter, Converter):
        entry["kind"] = converter.kind
        if converter.none_allowed:
            entry["none_allowed"] = True
        if converter.suffixes:
            entry["suffixes"] = True
        if converter.also:
            entry["suggestions"] = list(converter.also)
        if converter.schema is not None:
            entry["schema"] = converter.schema.name
            schemas[converter.schema.name] = converter.schema
    elif isinstance(converter, External) and converter.name == "builtins.bool":
        entry["kind"] = "bool"
    else:
        entry["kind"] = "any"


def _probe(entry: Entry, function: Function, interpreter: Interpreter) -> None:
    """Ask a converter of the engine's own what it makes of a word."""
    try:
        answer = interpreter.call(function, ["A-B"], {})
    except (Raised, Undecidable):
        entry["kind"] = "any"
        return
    if isinstance(answer, str):
        entry["kind"] = "str"
        if answer.lower() == answer or answer.upper() == answer:
            folded = answer not in ("A-B", "A_B")
            entry.update({"any_case": True} if folded else {})
        if "_" in answer:
            entry["any_dash"] = True
    else:
        entry["kind"] = "list" if isinstance(answer, list) else "any"


def _canonical(names: tuple[str, ...]) -> str:
    longs = [name for name in names if name.startswith("--")]
    return longs[0] if longs else names[0]


def _by_type(value: object) -> tuple[bool, object]:
    return isinstance(value, str), value
