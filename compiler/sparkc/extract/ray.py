"""Read a Ray release: the options of `ray start`, and the names that its processes read.

The options stand as decorators above one function. The settings `RAY_<lower_case>` are compiled in and appear as whole
strings in the raylet; their names are all that can be seen of them.
"""

from __future__ import annotations

import ast
import re

from sparkc.extract import environment
from sparkc.extract.catalog_file import Entries, Extract
from sparkc.extract.frames import Frame
from sparkc.extract.interpreter import Interpreter
from sparkc.extract.natives import LIBRARY, Converter
from sparkc.extract.options import Recorder, flags_from
from sparkc.extract.sources import Sources
from sparkc.extract.tree import Tree
from sparkc.extract.values import Raised, Undecidable
from sparkc.findings import SparkcError

SCRIPTS = "ray.scripts.scripts"
LOGGING_OPTIONS = ("ray.autoscaler._private.cli_logger", "CLICK_LOGGING_OPTIONS")
RAYLET = "ray/core/src/ray/raylet/raylet"
COMPILED = re.compile(rb"\0(RAY_[a-z][A-Za-z0-9_]+)(?=\0)")
HABITS = {"underscores": False, "dots": False, "prefixes": False}


def read(tree: Tree) -> Extract:
    """Return what a Ray release understands.

    Raises:
        SparkcError: `ray start` or the raylet does not lie where any known version has it.
    """
    sources = Sources(tree)
    interpreter = Interpreter(sources, LIBRARY)
    flags = flags_from(_recorded(interpreter), interpreter, lambda _: (), {})
    variables = _compiled(tree)
    return Extract(
        engine="ray",
        version=tree.version,
        package=f"{tree.package} {tree.version}",
        read_from=tree.origin,
        parser=HABITS,
        readers=("driver", "raylet", "worker"),
        flags=flags,
        variables=variables,
        reads=frozenset(environment.names_read(tree, "ray/") - variables.keys()),
    )


def _recorded(interpreter: Interpreter) -> Recorder:
    source = interpreter.sources.find(SCRIPTS)
    bound = source.names.get("start") if source else None
    if bound is None or not isinstance(bound.statement, ast.FunctionDef):
        raise SparkcError(f"{interpreter.sources.tree.origin}: no function start in ray/scripts/scripts.py")
    recorder = Recorder()
    interpreter.natives = {
        **LIBRARY,
        "click.option": lambda *names, **words: _option(recorder, *names, **words),
        "click.Choice": lambda choices, **words: {"choices": choices, **words},
    }
    options = [mark for mark in bound.statement.decorator_list if ast.unparse(mark).startswith("click.option(")]
    for decorator in options:
        try:
            interpreter.evaluate(decorator, Frame(SCRIPTS))
        except (Raised, Undecidable) as trouble:
            raise SparkcError(
                f"{interpreter.sources.tree.origin}: an option of `ray start` is not understood ({trouble})"
            ) from trouble
    interpreter.look_up(*LOGGING_OPTIONS)
    return recorder


def _option(recorder: Recorder, *names: object, **words: object) -> None:
    """Record one click option in argparse's words."""
    kind = words.pop("type", None)
    spelled: list[object] = []
    for name in names:
        positive, slash, negative = str(name).partition("/")
        spelled.append(positive)
        if slash:
            words["negative"] = negative
    if words.pop("is_flag", False) or words.pop("count", False):
        words["action"] = "store_true"
    elif isinstance(kind, dict):
        words["type"], words["choices"] = Converter("str"), kind["choices"]
    else:
        words["type"] = kind
    recorder.add_argument(*spelled, **words)


def _compiled(tree: Tree) -> Entries:
    if RAYLET not in tree.paths:
        raise SparkcError(f"{tree.origin}: no raylet at {RAYLET}, so its settings cannot be read; take a Linux wheel")
    names = {found.decode() for found in COMPILED.findall(tree.content(RAYLET))}
    return {name: {"kind": "any", "readers": ["raylet"]} for name in sorted(names)}
