"""Stand-ins for the parts of Python's own library that engines use to build their command line."""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace

from sparkc.extract.interpreter import FIELD
from sparkc.extract.values import Class, External, Form, Instance, Unknown


@dataclass(frozen=True)
class Converter:
    """What an option's `type` does to a word, as far as the catalog cares.

    Args:
        kind: value of `sparkc.catalog.engine.Kind`.
        also: words that are taken beside values of that kind.
        schema: the class whose keys a JSON value has.
    """

    kind: str
    none_allowed: bool = False
    suffixes: bool = False
    also: tuple[str, ...] = ()
    schema: Class | None = None


SUPPRESS = External("argparse.SUPPRESS")
"""Marks a default that leaves the name unset; equals None for the catalog."""


def optional(converter: object) -> object:
    """Return the converter that also takes `None` and the empty string."""
    made = as_converter(converter)
    return replace(made, none_allowed=True) if isinstance(made, Converter) else made


def as_converter(value: object) -> object:
    """Return what a `type=` word means, or the word itself when only calling it can tell."""
    simple = {"builtins.int": "int", "builtins.float": "float", "builtins.str": "str", "json.loads": "json"}
    if isinstance(value, External) and value.name in simple:
        return Converter(simple[value.name])
    if value is None:
        return Converter("str")
    return value


def literal_values(form: object, *_: object) -> tuple[object, ...]:
    """Return the members of a `Literal`, as `typing.get_args` does."""
    if isinstance(form, Form):
        return tuple(item for arg in form.args for item in (literal_values(arg) if _is_union(form) else (arg,)))
    return ()


def _is_union(form: Form) -> bool:
    return form.origin == "Union" and all(isinstance(arg, Form) and arg.origin == "Literal" for arg in form.args)


def _field(*words: object, **named: object) -> object:
    return Instance(FIELD, {**({"default": words[0]} if words else {}), **named})


def _of_unknown(*values: object) -> Unknown | None:
    return next((value for value in values if isinstance(value, Unknown)), None)


def _int(value: object = 0, *rest: object) -> object:
    return _of_unknown(value) or int(value, *rest)  # type: ignore[call-overload]  # whatever the source passes


def _float(value: object = 0.0) -> object:
    return _of_unknown(value) or float(value)  # type: ignore[arg-type]


def _bool(value: object = False) -> object:
    return _of_unknown(value) or bool(value)


def _str(value: object = "") -> object:
    return _of_unknown(value) or str(value)


def _joined_path(*parts: object) -> object:
    return _of_unknown(*parts) or "/".join(str(part) for part in parts)


def _same(value: object, *_: object) -> object:
    return value


def _items(value: object) -> list[object]:
    if isinstance(value, Unknown):
        return [value]
    return [*value]  # type: ignore[misc]  # a TypeError becomes Raised


def _sorted(value: object, **_: object) -> list[object]:
    items = _items(value)
    return items if any(isinstance(item, Unknown) for item in items) else sorted(items)  # type: ignore[type-var]


def _callable(value: object) -> bool:
    return callable(value) or type(value).__name__ == "Function"


LIBRARY: Mapping[str, object] = {
    "builtins.int": _int,
    "builtins.float": _float,
    "builtins.bool": _bool,
    "builtins.str": _str,
    "builtins.list": lambda value=(): _items(value),
    "builtins.tuple": lambda value=(): tuple(_items(value)),
    "builtins.set": lambda value=(): set(_items(value)),
    "builtins.frozenset": lambda value=(): frozenset(_items(value)),
    "builtins.dict": lambda value=(), **named: {**dict(value), **named},
    "builtins.sorted": _sorted,
    "builtins.len": lambda value: _of_unknown(value) or len(value),
    "builtins.max": lambda *values: _of_unknown(*values) or max(*values),
    "builtins.min": lambda *values: _of_unknown(*values) or min(*values),
    "builtins.any": lambda values: any(value is True for value in values),
    "builtins.all": lambda values: all(value is True for value in values),
    "builtins.range": lambda *ends: list(range(*ends)),
    "builtins.zip": lambda *groups, **_: list(zip(*groups, strict=False)),
    "builtins.enumerate": lambda group, start=0: list(enumerate(group, start)),
    "builtins.callable": _callable,
    "builtins.Ellipsis": ...,
    "argparse.SUPPRESS": SUPPRESS,
    "dataclasses.field": _field,
    "dataclasses.MISSING": External("dataclasses.MISSING"),
    "msgspec.field": _field,
    "pydantic.Field": _field,
    "pydantic.fields.Field": _field,
    "itertools.permutations": lambda group, r=None: list(itertools.permutations(group, r)),
    "json.loads": lambda text: _of_unknown(text) or json.loads(text),
    "os.path.expanduser": _same,
    "os.path.abspath": _same,
    "os.path.join": _joined_path,
    "ssl.CERT_NONE": 0,
    "sys.argv": [],
    "typing.get_args": literal_values,
    "typing_extensions.get_args": literal_values,
    "typing.cast": lambda _, value: value,
    "functools.partial": lambda function, *_, **__: function,
}
