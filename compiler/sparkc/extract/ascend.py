"""Read a vLLM-Ascend release: a plug-in without flags of its own.

It brings variables and the keys of `--additional-config`, which vLLM passes on unread. Those keys are declared nowhere:
they are the literal names under which the package asks that dictionary.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from sparkc.catalog.entries import Group, Json
from sparkc.extract import environment
from sparkc.extract.catalog_file import Entries, Extract
from sparkc.extract.interpreter import Interpreter
from sparkc.extract.natives import LIBRARY
from sparkc.extract.options import Entry, plain
from sparkc.extract.sources import Sources, parse
from sparkc.extract.tree import Tree
from sparkc.findings import SparkcError

ENVS = "vllm_ascend.envs"
CONFIG = "additional_config"
SCHEMA = "AdditionalConfig"
KINDS = {bool: "bool", int: "int", float: "float", str: "str", dict: "json", list: "list"}


@dataclass(frozen=True)
class Asked:
    """One place where a key is asked for.

    Args:
        default: the literal beside it, in a tuple of one; empty when there is none.
        variable: the variable that is read when the key is absent.
    """

    key: str
    default: tuple[Json, ...] = ()
    variable: str | None = None


def read(tree: Tree) -> Extract:
    """Return what a vLLM-Ascend release understands beside its vLLM.

    Raises:
        SparkcError: the table of variables does not lie where any known version has it.
    """
    interpreter = Interpreter(Sources(tree), {})
    interpreter.natives = {
        **LIBRARY,
        "os.getenv": lambda name, default=None: interpreter.environ.get(name, default),
    }
    table = interpreter.look_up(ENVS, "env_variables") if interpreter.sources.find(ENVS) else None
    if not isinstance(table, dict):
        raise SparkcError(f"{tree.origin}: vllm_ascend/envs.py holds no table env_variables")
    variables = {
        str(name): environment.entry_by_asking(interpreter, getter, str(name)) for name, getter in table.items()
    }
    asked = list(_asked_in(tree))
    for place in asked:
        if place.variable in variables:
            variables[place.variable]["deprecated"] = {"removed_in": None, "instead": [f"{CONFIG}.{place.key}"]}
    return Extract(
        engine="vllm-ascend",
        version=tree.version,
        package=f"{tree.package} {tree.version}",
        read_from=tree.origin,
        parser={"underscores": True, "dots": True, "prefixes": True},
        readers=("driver", "worker"),
        flags={},
        variables=variables,
        reads=frozenset(environment.names_read(tree, "vllm_ascend/") - variables.keys()),
        schemas={SCHEMA: {"closed": False, "keys": _keys(asked, variables)}},
        registered={Group.QUANTIZATION: ("ascend",)},
        base=("vllm", tree.version.partition("rc")[0].partition(".post")[0]),
    )


def _asked_in(tree: Tree) -> Iterator[Asked]:
    for path in tree.below("vllm_ascend/"):
        text = tree.text(path) or ""
        if CONFIG in text:
            for node in ast.walk(parse(text, f"{tree.origin}: {path}")):
                yield from _asked(node)


def _asked(node: ast.AST) -> Iterator[Asked]:
    match node:
        case ast.Call(
            func=ast.Attribute(attr="get" | "setdefault" | "pop", value=held),
            args=[ast.Constant(value=str() as key), *rest],
        ) if _is_config(held):
            yield Asked(key, _literal(rest))
        case ast.Call(
            func=ast.Attribute(attr="_get_config_value"),
            args=[_, ast.Constant(value=str() as key), ast.Constant(value=str() as variable), *_],
        ):
            yield Asked(key, variable=variable)
        case ast.Subscript(value=held, slice=ast.Constant(value=str() as key)) if _is_config(held):
            yield Asked(key)
        case ast.Compare(left=ast.Constant(value=str() as key), ops=[ast.In()], comparators=[held]) if _is_config(held):
            yield Asked(key)


def _is_config(node: ast.expr) -> bool:
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name == CONFIG
    return False


def _literal(words: list[ast.expr]) -> tuple[Json, ...]:
    try:
        return plain(ast.literal_eval(words[0])) or () if words else ()
    except ValueError:
        return ()


def _keys(asked: list[Asked], variables: Entries) -> Entry:
    """Return the keys with kind and default: of the literal beside it, or of the variable that stands in."""
    found: dict[str, Entry] = {}
    for place in asked:
        entry = found.setdefault(place.key, {"kind": "any"})
        if place.default and place.default[0] is not None:
            entry.update({"kind": KINDS[type(place.default[0])], "default": place.default[0]})
        elif place.variable in variables:
            entry["kind"] = variables[place.variable]["kind"]
    return {**found}
