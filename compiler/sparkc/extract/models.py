"""The model classes that a vLLM release registers, and which of them it can cut into pipeline stages.

vLLM asks a class itself (`supports_pp` in vllm/model_executor/models/interfaces.py): it must have `supports_pp` and
`make_empty_intermediate_tensors`, its own or inherited, and its `forward` must take `intermediate_tensors`. By 0.30
the interface among its ancestors is enough for the first two.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from sparkc.extract.interpreter import Interpreter
from sparkc.extract.on_cuda import class_at
from sparkc.extract.sources import bound_names
from sparkc.extract.values import Class

MODELS = "vllm.model_executor.models"
REGISTRY, INTERFACES, ADAPTERS = f"{MODELS}.registry", f"{MODELS}.interfaces", f"{MODELS}.adapters"
POOLING = tuple(f"{ADAPTERS}.as_{kind}_model" for kind in ("embedding", "seq_cls", "reward"))
"""Functions that make a class for pooling out of one that writes text; what is asked here they leave as it is."""

MARKS = ("supports_pp", "make_empty_intermediate_tensors")
HANDED_ON = "intermediate_tensors"


def cuts_into_stages(interpreter: Interpreter) -> Mapping[str, bool]:
    """Return, for each registered architecture whose class can be followed, whether it runs in pipeline stages."""
    interpreter.natives = {**interpreter.natives, **dict.fromkeys(POOLING, lambda cls: cls)}
    table = interpreter.look_up(REGISTRY, "_VLLM_MODELS") if interpreter.sources.find(REGISTRY) else {}
    by_ancestor = _interface_is_enough(interpreter)
    # By 0.24 some models have a package of their own, and the register names it in full.
    classes = {
        name: class_at(interpreter, module if module.startswith("vllm.") else f"{MODELS}.{module}", cls)
        for name, module, cls in _entries(table)
    }
    return {name: _is_cut(interpreter, cls, by_ancestor) for name, cls in classes.items() if cls is not None}


def _entries(table: object) -> Iterator[tuple[str, str, str]]:
    for name, place in table.items() if isinstance(table, dict) else ():
        match place:
            case (str() as module, str() as cls):
                yield str(name), module, cls


def _interface_is_enough(interpreter: Interpreter) -> bool:
    source = interpreter.sources.find(INTERFACES)
    asks = source.names.get("_supports_pp_attributes") if source else None
    return asks is not None and "SupportsPP in model.__mro__" in ast.unparse(asks.statement)


def _is_cut(interpreter: Interpreter, cls: Class, by_ancestor: bool) -> bool:
    lineage = interpreter.lineage(cls)
    inherits = by_ancestor and any((each.module, each.name) == (INTERFACES, "SupportsPP") for each in lineage)
    marked = inherits or all(any(_binds(ancestor, mark) for ancestor in lineage) for mark in MARKS)
    forward = next((found for ancestor in lineage if (found := _method(ancestor, "forward"))), None)
    return marked and forward is not None and _takes(forward, HANDED_ON)


def _binds(cls: Class, name: str) -> bool:
    return any(name in bound_names(item) for item in cls.node.body)


def _method(cls: Class, name: str) -> ast.FunctionDef | None:
    found = (item for item in cls.node.body if isinstance(item, ast.FunctionDef) and item.name == name)
    return next(found, None)


def _takes(function: ast.FunctionDef, word: str) -> bool:
    given = function.args
    named = {argument.arg for argument in (*given.posonlyargs, *given.args, *given.kwonlyargs)}
    return word in named or given.kwarg is not None
