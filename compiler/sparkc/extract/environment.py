"""Environment variables: what a getter makes of words, and which names a package reads by name.

A getter is not pattern-matched but asked: it is run with the variable absent and with a handful of words, and what it
answers is what the engine would make of them.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from sparkc.extract.interpreter import Interpreter
from sparkc.extract.options import Entry, plain
from sparkc.extract.sources import parse
from sparkc.extract.tree import Tree
from sparkc.extract.values import Raised, Undecidable, Unknown

ABSENT = None
YES_WORDS = ("1", "true", "True", "TRUE", "yes", "on", "2")
NO_WORDS = ("0", "false", "no", "off")
OTHER_WORD = "zebra"
REFUSED = Unknown("refused")
MENTIONS = re.compile(r"environ|getenv|env_(bool|integer|float)|env_var")
READ_HELPER = re.compile(r"env_(bool|integer|float|set_by_user)|get_(bool_|int_|float_|str_)?env(_var)?")
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def ask(interpreter: Interpreter, getter: object, name: str, word: str | None) -> object:
    """Return what a getter makes of a word; `REFUSED` when it raises, another Unknown when it cannot be followed."""
    before = dict(interpreter.environ)
    if word is not None:
        interpreter.environ[name] = word
    try:
        return interpreter.call(getter, [], {})
    except Raised:
        return REFUSED
    except Undecidable as trouble:
        return Unknown(str(trouble))
    finally:
        interpreter.environ.clear()
        interpreter.environ.update(before)


def entry_by_asking(interpreter: Interpreter, getter: object, name: str) -> Entry:
    """Return the catalog entry of a variable: its kind, its default, and how it understands yes and no."""
    absent = ask(interpreter, getter, name, ABSENT)
    answers = {word: ask(interpreter, getter, name, word) for word in (*YES_WORDS, *NO_WORDS, OTHER_WORD)}
    entry: Entry = {"kind": _kind(answers, absent)}
    if absent is not REFUSED and not isinstance(absent, Unknown):
        default = plain(absent)
        if default is not None and default[0] is not None:
            entry["default"] = _as_text(default[0])
    if entry["kind"] == "bool":
        entry["spellings"] = _spellings(answers)
    return entry


def _kind(answers: dict[str, object], absent: object) -> str:
    one, other = answers["1"], answers[OTHER_WORD]
    if isinstance(one, bool) or (isinstance(absent, bool) and isinstance(one, Unknown)):
        return "bool"
    if isinstance(one, int):
        return "int"
    if isinstance(one, float):
        return "float"
    if isinstance(one, list | tuple | set):
        return "list"
    if isinstance(one, str) or isinstance(other, str):
        return "str"
    return "any"


def _spellings(answers: dict[str, object]) -> Entry:
    yes = [word for word in YES_WORDS if answers[word] is True]
    any_case = {"true", "True", "TRUE"} <= set(yes)
    otherwise = {True: "true", REFUSED: "refuses"}.get(answers[OTHER_WORD], "false")
    words = sorted({word.lower() for word in yes}) if any_case else yes
    return {
        "true": [] if otherwise == "true" else list(words),
        "false": [] if otherwise == "false" else [word for word in NO_WORDS if answers[word] is False],
        "otherwise": otherwise,
        "any_case": any_case and otherwise != "true",
    }


def _as_text(value: object) -> str:
    if isinstance(value, list):
        return ",".join(str(item) for item in value)
    return str(value).lower() if isinstance(value, bool) else str(value)


def names_read(tree: Tree, folder: str) -> set[str]:
    """Return every variable that the package reads under a literal name, declared or not."""
    found: set[str] = set()
    for path in tree.below(folder):
        text = tree.text(path) or ""
        if MENTIONS.search(text):
            found.update(name for name in _reads(parse(text, f"{tree.origin}: {path}")) if NAME.fullmatch(name))
    return found


def _reads(module: ast.Module) -> Iterator[str]:
    for node in ast.walk(module):
        match node:
            case ast.Call(func=func, args=[ast.Constant(value=str() as name), *_]) if _reads_environment(func):
                yield name
            case ast.Subscript(value=holder, slice=ast.Constant(value=str() as name), ctx=ast.Load()) if _is_environ(
                holder
            ):
                yield name
            case ast.Compare(
                left=ast.Constant(value=str() as name), ops=[ast.In() | ast.NotIn()], comparators=[holder]
            ):
                if _is_environ(holder):
                    yield name


def _reads_environment(func: ast.expr) -> bool:
    match func:
        case ast.Attribute(value=holder, attr="get" | "pop" | "setdefault"):
            return _is_environ(holder)
        case ast.Attribute(attr="getenv") | ast.Name(id="getenv"):
            return True
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return READ_HELPER.fullmatch(name) is not None
    return False


def _is_environ(node: ast.expr) -> bool:
    match node:
        case ast.Attribute(value=ast.Name(id="os" | "_os"), attr="environ") | ast.Name(id="environ"):
            return True
    return False
