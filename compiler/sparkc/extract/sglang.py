"""Read an SGLang release.

To 0.5.12 each flag is one `add_argument` call; later most are annotations `A[type, Arg(…)]` on the fields of namespace
classes. Variables are descriptors of the class `Envs`, whose `parse` methods are asked what they make of a word.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping

from sparkc.catalog.entries import Group
from sparkc.extract import environment
from sparkc.extract.catalog_file import Entries, Extract
from sparkc.extract.configs import MISSING, Field, fields_of, members_of
from sparkc.extract.interpreter import Interpreter
from sparkc.extract.natives import LIBRARY
from sparkc.extract.options import Entry, Recorder, choices_entry, flags_from
from sparkc.extract.sources import Sources
from sparkc.extract.tree import Tree
from sparkc.extract.values import Class, External, Form, Instance, Raised, Undecidable, Unknown
from sparkc.findings import SparkcError

ARGUMENTS = "sglang.srt.server_args"
NAMESPACES = "sglang/srt/arg_groups/fields/"
ENVIRON = "sglang.srt.environ"
HABITS = {"underscores": False, "dots": False, "prefixes": True}


def read(tree: Tree) -> Extract:
    """Return what an SGLang release understands.

    Raises:
        SparkcError: the files do not lie where any known version has them.
    """
    interpreter = Interpreter(Sources(tree), {})
    namespaces = _namespace_fields(interpreter)
    interpreter.natives = _natives(interpreter, namespaces)
    flags = flags_from(_recorded(interpreter), interpreter, lambda name: (f"--no-{name.removeprefix('--')}",), {})
    variables = _variables(interpreter)
    return Extract(
        engine="sglang",
        version=tree.version,
        package=f"{tree.package} {tree.version}",
        read_from=tree.origin,
        parser=HABITS,
        readers=("driver", "worker"),
        flags=flags,
        variables=variables,
        reads=frozenset(environment.names_read(tree, "sglang/") - variables.keys()),
        registered=_registered(interpreter, flags),
    )


def _recorded(interpreter: Interpreter) -> Recorder:
    origin = interpreter.sources.tree.origin
    source = interpreter.sources.find(ARGUMENTS)
    # The name is bound a second time from 0.5.23 on, to a record made from the class; the class has the method.
    classes = [item for item in (source.body if source else ()) if isinstance(item, ast.ClassDef)]
    node = next((item for item in classes if item.name == "ServerArgs"), None)
    if node is None:
        raise SparkcError(f"{origin}: no class ServerArgs in sglang/srt/server_args.py")
    cls = Class(ARGUMENTS, node)
    recorder = Recorder()
    try:
        interpreter.call(interpreter.attribute(cls, "add_cli_args"), [recorder], {})
    except (Raised, Undecidable) as trouble:
        raise SparkcError(
            f"{origin}: ServerArgs.add_cli_args does something that the extractor does not follow ({trouble}); "
            "it needs to learn this release's layout"
        ) from trouble
    return recorder


def _natives(interpreter: Interpreter, namespaces: Mapping[str, Field]) -> Mapping[str, object]:
    def register(parser: Recorder, *_: object, **__: object) -> None:
        for field in namespaces.values():
            _register(interpreter, parser, field)

    return {
        **LIBRARY,
        "os.getenv": lambda name, default=None: interpreter.environ.get(name, default),
        "sys.modules": {},
        "sglang.srt.arg_groups.arg_utils.add_cli_args_from_dataclass": register,
        f"{ARGUMENTS}._declared_default": lambda name: (
            namespaces[name].default if name in namespaces else Unknown(name)
        ),
    }


# --- fields as add_argument words ---


def _namespace_fields(interpreter: Interpreter) -> dict[str, Field]:
    interpreter.natives = LIBRARY
    found: dict[str, Field] = {}
    for path in interpreter.sources.tree.below(NAMESPACES):
        module = path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        source = interpreter.sources.find(module)
        for statement in source.body if source else ():
            if isinstance(statement, ast.ClassDef) and any(_is_namespace_path(item) for item in statement.body):
                found.update(fields_of(interpreter, Class(module, statement)))
    return found


def _is_namespace_path(item: ast.stmt) -> bool:
    return isinstance(item, ast.Assign) and ast.unparse(item.targets[0]) == "_NS_PATH"


def _register(interpreter: Interpreter, parser: Recorder, field: Field) -> None:
    """Declare one annotated field as SGLang's `add_cli_args_from_dataclass` does."""
    marks = field.hint.args[1:] if isinstance(field.hint, Form) and field.hint.origin == "Annotated" else ()
    arg = next((mark.words for mark in marks if isinstance(mark, Instance) and mark.cls.name == "Arg"), None)
    text = next((mark for mark in marks if isinstance(mark, str)), None)
    if (arg is None and text is None) or (arg or {}).get("no_cli") is True:
        return
    meta: Mapping[str, object] = arg if arg is not None else {"help": text}
    name = str(meta.get("cli_name") or "--" + field.name.replace("_", "-"))
    aliases = meta.get("aliases")
    names = [name, *(str(alias) for alias in (aliases if isinstance(aliases, list) else ()))]
    parser.add_argument(*names, **_words(interpreter, field, meta))


def _words(interpreter: Interpreter, field: Field, meta: Mapping[str, object]) -> dict[str, object]:
    words: dict[str, object] = {"help": meta.get("help", "")}
    if field.default is not MISSING:
        words["default"] = field.default
    if meta.get("action") is not None:
        extra = meta.get("action_kwargs")
        return {**words, "action": meta["action"], **(extra if isinstance(extra, dict) else {})}
    words.update(_typed(interpreter, field, meta))
    if meta.get("choices"):
        words["choices"] = meta["choices"]
    missing = field.default is MISSING and words.get("action") is None and "nargs" not in words
    if meta.get("required") is True or (meta.get("required") is None and missing):
        words["required"] = True
    return words


def _typed(interpreter: Interpreter, field: Field, meta: Mapping[str, object]) -> dict[str, object]:
    kinds = [member for member in members_of(field.hint) if member is not None]
    kind = kinds[0] if len(kinds) == 1 else None
    parser = meta.get("type_parser")
    if isinstance(kind, Form) and kind.origin == "Literal":
        given = parser or External(f"builtins.{type(kind.args[0]).__name__}")
        return {"type": given, "choices": list(kind.args)}
    if isinstance(kind, Form) and kind.origin == "list" and parser is None:
        return {"type": _simple(kind.args[0] if kind.args else None), "nargs": meta.get("nargs") or "+"}
    if kind == External("builtins.bool"):
        return {"action": "store_true"}
    nargs = {"nargs": meta["nargs"]} if meta.get("nargs") else {}
    return {"type": parser or _simple(kind), **nargs}


def _simple(kind: object) -> External:
    known = (External("builtins.int"), External("builtins.float"))
    return kind if isinstance(kind, External) and kind in known else External("builtins.str")


# --- variables ---


def _variables(interpreter: Interpreter) -> Entries:
    cls = interpreter.look_up(ENVIRON, "Envs") if interpreter.sources.find(ENVIRON) else None
    if not isinstance(cls, Class):
        raise SparkcError(f"{interpreter.sources.tree.origin}: no class Envs in sglang/srt/environ.py")
    renamed = dict(_renames(interpreter))
    entries: Entries = {}
    for name, descriptor in _descriptors(interpreter, cls):
        entries[name] = environment.entry_by_asking(interpreter, _getter(interpreter, name, descriptor), name)
        if name in renamed:
            entries[name]["deprecated"] = {"removed_in": None, "instead": list(renamed[name])}
    return entries


def _descriptors(interpreter: Interpreter, cls: Class) -> Iterator[tuple[str, Instance]]:
    for item in cls.node.body:
        match item:
            case ast.Assign(targets=[ast.Name(id=name)]) if not name.startswith("_"):
                value = interpreter.attribute(cls, name)
                if isinstance(value, Instance):
                    yield name, value


def _getter(interpreter: Interpreter, name: str, descriptor: Instance) -> Callable[[], object]:
    """Return what `envs.NAME.get()` does: parse what is set, fall back to the default when it is absent or refused."""

    def get() -> object:
        default = descriptor.words.get("0", descriptor.words.get("default"))
        word = interpreter.environ.get(name)
        if word is None:
            return default
        try:
            return interpreter.call(interpreter.attribute(descriptor, "parse"), [word], {})
        except Raised:
            return default

    return get


def _renames(interpreter: Interpreter) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield old names and what to use instead, from the calls that print the warnings."""
    source = interpreter.sources.find(ENVIRON)
    for node in ast.walk(ast.Module(source.body, [])) if source else ():
        match node:
            case ast.Call(func=ast.Name(id="_print_deprecated_env"), args=[ast.Constant(value=str() as old), *rest]):
                yield old, tuple(str(word.value) for word in rest if isinstance(word, ast.Constant))


# --- registered names ---

GROUP_OF_FLAG = {
    "--tool-call-parser": Group.TOOL_PARSERS,
    "--reasoning-parser": Group.REASONING_PARSERS,
    "--quantization": Group.QUANTIZATION,
    "--load-format": Group.LOAD_FORMATS,
    "--attention-backend": Group.ATTENTION_BACKENDS,
    "--moe-runner-backend": Group.MOE_BACKENDS,
    "--speculative-algorithm": Group.SPECULATIVE_METHODS,
}
PARSERS = {
    Group.TOOL_PARSERS: ("sglang.srt.function_call.function_call_parser", "FunctionCallParser", "ToolCallParserEnum"),
    Group.REASONING_PARSERS: ("sglang.srt.parser.reasoning_parser", "ReasoningParser", "DetectorMap"),
}


def _registered(interpreter: Interpreter, flags: Entries) -> dict[Group, tuple[str, ...]]:
    """Return registered names: SGLang's flags are closed lists of them, the parsers' own tables come first."""
    found: dict[Group, tuple[str, ...]] = {}
    for flag, group in GROUP_OF_FLAG.items():
        names = _table_names(interpreter, *PARSERS[group]) if group in PARSERS else ()
        if names:
            _complete(flags.get(flag, {}), names)
        else:
            listed = flags.get(flag, {}).get("choices")
            names = tuple(str(name) for name in listed) if isinstance(listed, list) else ()
        if names:
            found[group] = tuple(sorted(name for name in names if name != "auto"))
    return found


def _table_names(interpreter: Interpreter, module: str, cls: str, table: str) -> tuple[str, ...]:
    if interpreter.sources.find(module) is None:
        return ()
    owner = interpreter.look_up(module, cls)
    names = interpreter.attribute(owner, table) if isinstance(owner, Class) else None
    return tuple(str(name) for name in names) if isinstance(names, dict) else ()


def _complete(entry: Entry, names: tuple[str, ...]) -> None:
    """Close a flag's list with names that the program looks up only when it runs."""
    suggestions = entry.pop("suggestions", [])
    known = entry.get("choices") or suggestions
    choices_entry(entry, [*(known if isinstance(known, list) else ()), *names])
