"""Typed configuration classes: their fields, with type, default, bounds and what their text says of deprecation."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from sparkc.extract.frames import Frame
from sparkc.extract.interpreter import Interpreter, is_field
from sparkc.extract.values import Class, External, Form, Instance, Raised, Undecidable, Unknown

MISSING = External("dataclasses.MISSING")
BOUNDS = {"ge": "low", "gt": "above", "le": "high", "lt": "below"}


@dataclass(frozen=True)
class Field:
    """One field of a configuration class.

    Args:
        owner: the class that was asked about.
        hint: its type, as the interpreter reads it.
        default: `MISSING` when there is none, `Unknown` when it is made at start.
        bounds: `low`, `above`, `high`, `below`, those that are stated.
        text: the documentation string, from which only deprecation is taken.
        settable: False for fields that the engine fills in itself.
    """

    name: str
    owner: Class
    hint: object
    default: object
    bounds: tuple[tuple[str, float], ...]
    text: str
    settable: bool = True


def is_config(cls: Class) -> bool:
    """Tell whether a class is a dataclass, pydantic's or Python's."""
    marks = (ast.unparse(mark).partition("(")[0].rpartition(".")[2] for mark in cls.node.decorator_list)
    return any(mark in ("dataclass", "config") for mark in marks)


def is_model(interpreter: Interpreter, cls: Class) -> bool:
    """Tell whether a class is a pydantic model."""
    return any(base.rpartition(".")[2] == "BaseModel" for base in interpreter.bases(cls))


def refuses_unknown_keys(interpreter: Interpreter, cls: Class) -> bool:
    """Tell whether a key that is not a field is an error for this class; plain dataclasses refuse it too."""
    if is_model(interpreter, cls):
        return any("forbid" in ast.unparse(item) for item in cls.node.body if isinstance(item, ast.Assign))
    marks = " ".join(ast.unparse(mark) for mark in cls.node.decorator_list)
    return "extra='allow'" not in marks and "extra='ignore'" not in marks


def fields_of(interpreter: Interpreter, cls: Class) -> dict[str, Field]:
    """Return the fields of a class and its ancestors, in the order in which a dataclass has them."""
    found: dict[str, Field] = {}
    for ancestor in reversed(interpreter.lineage(cls)):
        for field in _own_fields(interpreter, ancestor, cls):
            found[field.name] = field
    return found


def members_of(hint: object) -> tuple[object, ...]:
    """Return the single types in a hint, unions and annotations taken apart, each once."""
    if isinstance(hint, Form) and hint.origin in ("Annotated", "SkipValidation", "Required", "NotRequired", "Final"):
        return members_of(hint.args[0])
    if isinstance(hint, Form) and hint.origin == "Union":
        return tuple(dict.fromkeys(member for arg in hint.args for member in members_of(arg)))
    return (hint,)


def _own_fields(interpreter: Interpreter, ancestor: Class, owner: Class) -> Iterator[Field]:
    frame = Frame(ancestor.module)
    body = ancestor.node.body
    for place, item in enumerate(body):
        match item:
            case ast.AnnAssign(target=ast.Name(id=name), annotation=annotation, value=value):
                hint = interpreter.annotation(annotation, frame)
                origin = hint.origin if isinstance(hint, Form) else getattr(hint, "name", "")
                if origin.rpartition(".")[2] in ("ClassVar", "InitVar") or name == "model_config":
                    continue
                given = MISSING if value is None else _evaluate(interpreter, value, frame)
                default, bounds, settable = _taken_apart(interpreter, given)
                # Whole configurations that pydantic does not look at are handed over by the engine itself.
                settable = settable and (origin != "SkipValidation" or _is_plain(hint))
                yield Field(name, owner, hint, default, bounds, _text_after(body, place), settable)


def _is_plain(hint: object) -> bool:
    """Tell whether a type is a number, a text, a yes or no, or one of some words."""
    return all(
        member is None
        or (isinstance(member, External) and member.name.startswith("builtins."))
        or (isinstance(member, Form) and member.origin == "Literal")
        for member in members_of(hint)
    )


def _evaluate(interpreter: Interpreter, node: ast.expr, frame: Frame) -> object:
    try:
        return interpreter.evaluate(node, frame)
    except (Raised, Undecidable) as trouble:
        return Unknown(str(trouble))


def _taken_apart(interpreter: Interpreter, given: object) -> tuple[object, tuple[tuple[str, float], ...], bool]:
    if not (is_field(given) and isinstance(given, Instance)):
        return given, (), True
    words = given.words
    bounds = tuple(
        (BOUNDS[key], float(word)) for key, word in words.items() if key in BOUNDS and isinstance(word, int | float)
    )
    settable = words.get("init", True) is not False
    if "default_factory" in words:
        try:
            return interpreter.call(words["default_factory"], [], {}), bounds, settable
        except (Raised, Undecidable) as trouble:
            return Unknown(str(trouble)), bounds, settable
    default = words.get("default", MISSING)
    return (MISSING if default is ... else default), bounds, settable


def _text_after(body: list[ast.stmt], place: int) -> str:
    after = body[place + 1] if place + 1 < len(body) else None
    match after:
        case ast.Expr(value=ast.Constant(value=str() as text)):
            return text
    return ""
