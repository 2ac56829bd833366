"""Read a vLLM release.

vLLM builds its command line from typed configuration classes: `get_kwargs` turns each field into the words of one
`add_argument`, and the code around it changes those words by hand. Here `get_kwargs` is replaced by our own reading of
the fields, and the rest of the code is followed as it stands. Layouts seen: 0.11.0 to 0.33.0.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping

from sparkc.catalog.entries import Group, Json
from sparkc.extract import environment
from sparkc.extract.backends import attention_backends
from sparkc.extract.catalog_file import Entries, Extract
from sparkc.extract.configs import MISSING, Field, fields_of, is_config, members_of
from sparkc.extract.drafts import models_with_own_depth
from sparkc.extract.interpreter import Interpreter
from sparkc.extract.models import cuts_into_stages
from sparkc.extract.natives import LIBRARY, Converter, as_converter, literal_values, optional
from sparkc.extract.on_cuda import interpreter_on_cuda
from sparkc.extract.options import Entry, Recorder, choices_entry, deprecation_in, flags_from
from sparkc.extract.schemas import schemas_of
from sparkc.extract.sources import Sources
from sparkc.extract.tree import Tree
from sparkc.extract.values import Class, External, Form, Function, Module, Raised, Undecidable, Unknown
from sparkc.findings import SparkcError

PARSER_MODULES = (
    "vllm.entrypoints.common.cli_args",  # 0.33
    "vllm.entrypoints.launchers.cli_args",  # 0.30
    "vllm.entrypoints.openai.cli_args",  # to 0.27
)
ARGUMENTS = "vllm.engine.arg_utils"
PAIRED_PREFIXES = {"--enable-": "--disable-", "--disable-": "--enable-"}
HABITS = {"underscores": True, "dots": True, "prefixes": True}


def read(tree: Tree) -> Extract:
    """Return what a vLLM release understands.

    Raises:
        SparkcError: the files do not lie where any known version has them.
    """
    sources = Sources(tree)
    interpreter = Interpreter(sources, {})
    interpreter.natives = _natives(interpreter)
    schemas: dict[str, Class] = {}
    flags = flags_from(_recorded(interpreter), interpreter, _negatives(sources), schemas)
    variables = _variables(interpreter)
    on_cuda = interpreter_on_cuda(sources)
    registered = _registered(interpreter, flags) | _models(on_cuda)
    _close_reasoning_parsers(flags, registered)
    entries = schemas_of(interpreter, {**schemas, **_schemas_behind_free_json(interpreter, flags)})
    return Extract(
        engine="vllm",
        version=tree.version.partition("+")[0],
        package=f"{tree.package} {tree.version}",
        read_from=tree.origin,
        parser=HABITS,
        readers=("driver", "worker"),
        flags=flags,
        variables=variables,
        reads=frozenset(environment.names_read(tree, "vllm/") - variables.keys()),
        schemas=entries,
        registered=registered,
        backends=attention_backends(on_cuda, _cache_types(interpreter)),
        ray_copy=_ray_copy(interpreter, variables),
    )


def _recorded(interpreter: Interpreter) -> Recorder:
    for module in PARSER_MODULES:
        source = interpreter.sources.find(module)
        if source is not None and "make_arg_parser" in source.names:
            recorder = Recorder()
            try:
                interpreter.call(interpreter.look_up(module, "make_arg_parser"), [recorder], {})
            except (Raised, Undecidable) as trouble:
                raise SparkcError(
                    f"{interpreter.sources.tree.origin}: make_arg_parser of {module} does something that the "
                    f"extractor does not follow ({trouble}); it needs to learn this release's layout"
                ) from trouble
            return recorder
    raise SparkcError(
        f"{interpreter.sources.tree.origin}: no make_arg_parser in {', '.join(PARSER_MODULES)}; "
        "the extractor needs to learn this release's layout"
    )


def _natives(interpreter: Interpreter) -> Mapping[str, object]:
    arguments: dict[str, object] = {
        "get_kwargs": lambda cls: _words_of(interpreter, cls),
        "optional_type": optional,
        "union_dict_and_str": Converter("any"),
        "human_readable_int": Converter("int", suffixes=True),
        "human_readable_int_or_auto": Converter("int", suffixes=True, also=("auto",)),
        "parse_type": as_converter,
    }
    return {
        **LIBRARY,
        "builtins.__import__": lambda name, *_, **__: Module(name),
        "os.getenv": lambda name, default=None: interpreter.environ.get(name, default),
        "vllm.plugins.load_general_plugins": lambda: None,
        **{f"{ARGUMENTS}.{name}": native for name, native in arguments.items()},
    }


# --- fields as add_argument words ---


def _words_of(interpreter: Interpreter, cls: object) -> dict[str, dict[str, object]]:
    """Return, per field of a configuration class, the words that vLLM's `get_kwargs` would give."""
    if not isinstance(cls, Class):
        raise Undecidable("get_kwargs of something that is no class")
    readable = _fields_with_suffixes(interpreter)
    return {name: _field_words(interpreter, field, readable) for name, field in fields_of(interpreter, cls).items()}


def _field_words(interpreter: Interpreter, field: Field, readable: frozenset[str]) -> dict[str, object]:
    words: dict[str, object] = {"help": field.text, "bounds": field.bounds, "sets": f"{field.owner.name}.{field.name}"}
    if field.owner.name.endswith("FrontendArgs"):
        del words["sets"]
    if field.default is not MISSING:
        words["default"] = field.default
    members = members_of(field.hint)
    words.update(_typed(interpreter, field, members, readable))
    if None in members and words.get("action") is None:
        # vLLM also appends None to the choices; here `none_allowed` says it.
        words["type"] = optional(words.get("type"))
    return words


def _typed(
    interpreter: Interpreter, field: Field, members: tuple[object, ...], readable: frozenset[str]
) -> dict[str, object]:
    """Follow the order of questions in vLLM's `_compute_kwargs`."""
    names = {_origin(interpreter, member) for member in members}
    config = next((member for member in members if isinstance(member, Class) and is_config(member)), None)
    if config is not None:
        return {"type": Converter("json", schema=config)}
    if names == {"bool", "str", "None"} and _knows_optional_text(interpreter):
        return {"type": Converter("str"), "nargs": "?"}
    if "bool" in names:
        return {"action": External("argparse.BooleanOptionalAction")}
    if "Literal" in names:
        return _literal_words(members, open_ended="str" in names)
    for collection in ("tuple", "list", "set"):
        if collection in names:
            form = next(member for member in members if _origin(interpreter, member) == collection)
            return _collection_words(interpreter, form, collection)
    if "int" in names:
        if field.name == "max_model_len":
            auto = ("auto",) if _names_in(interpreter, ARGUMENTS, "human_readable_int_or_auto") else ()
            return {"type": Converter("int", suffixes=True, also=auto)}
        return {"type": Converter("int", suffixes=field.name in readable)}
    if "float" in names:
        return {"type": Converter("float")}
    if "dict" in names:
        return {"type": Converter("any" if "str" in names or names - {"dict", "None"} else "json")}
    words: dict[str, object] = {"type": Converter("str")}
    enumeration = next(
        (member for member in members if isinstance(member, Class) and interpreter.is_enum(member)), None
    )
    if enumeration is not None:
        # Read by name: the fields' own validators upper-case the word.
        words["suggestions"], words["any_case"] = sorted(interpreter.members(enumeration)), True
    return words


def _literal_words(members: tuple[object, ...], *, open_ended: bool) -> dict[str, object]:
    options = [value for member in members for value in literal_values(member)]
    kind = {bool: "bool", int: "int", float: "float"}.get(type(options[0]), "str")
    return {"type": Converter(kind), "suggestions" if open_ended else "choices": options}


def _collection_words(interpreter: Interpreter, form: object, collection: str) -> dict[str, object]:
    args = form.args if isinstance(form, Form) else ()
    item = args[0] if args else External("builtins.str")
    count = "+" if collection != "tuple" or ... in args else len(args)
    if isinstance(item, Form) and item.origin == "Literal":
        return {**_literal_words((item,), open_ended=False), "nargs": count}
    kind = "str" if isinstance(item, Form) else _origin(interpreter, item)
    return {"type": Converter(kind if kind in ("int", "float") else "str"), "nargs": count}


def _origin(interpreter: Interpreter, member: object) -> str:
    match member:
        case None:
            return "None"
        case Form(origin=origin):
            return origin
        case External(name=name):
            return name.removeprefix("builtins.")
        case Class(name=name):
            return "dict" if "builtins.dict" in interpreter.bases(member) else name
    return "unknown"


def _fields_with_suffixes(interpreter: Interpreter) -> frozenset[str]:
    """Return the fields whose integers may end in k or M: the literal names beside `human_readable_int`."""
    for function in ("_compute_kwargs", "get_kwargs"):
        bound = _function(interpreter, ARGUMENTS, function)
        for node in ast.walk(bound) if bound else ():
            if isinstance(node, ast.Set | ast.Tuple) and node.elts and all(_is_text(item) for item in node.elts):
                names = frozenset(ast.literal_eval(node))
                if "max_num_batched_tokens" in names:
                    return names
    return frozenset()


def _knows_optional_text(interpreter: Interpreter) -> bool:
    bound = _function(interpreter, ARGUMENTS, "_compute_kwargs")
    return bound is not None and any(_is_text(node) and node.value == "const" for node in ast.walk(bound))  # type: ignore[attr-defined]  # Constant, by _is_text


def _function(interpreter: Interpreter, module: str, name: str) -> ast.FunctionDef | None:
    source = interpreter.sources.find(module)
    bound = source.names.get(name) if source else None
    return bound.statement if bound and isinstance(bound.statement, ast.FunctionDef) else None


def _names_in(interpreter: Interpreter, module: str, name: str) -> bool:
    source = interpreter.sources.find(module)
    return source is not None and name in source.names


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _negatives(sources: Sources) -> Callable[[str], tuple[str, ...]]:
    """Return how this release spells the negative of a boolean pair.

    From 0.33 the parser registers an action of its own that pairs `--enable-x` with `--disable-x` and hides `--no-`.
    """
    parser = sources.find("vllm.utils.argparse_utils")
    pairs = parser is not None and "EnableDisableAction" in parser.names

    def negatives(name: str) -> tuple[str, ...]:
        spelled = f"--no-{name.removeprefix('--')}"
        for prefix, other in PAIRED_PREFIXES.items() if pairs else ():
            if name.startswith(prefix):
                return spelled, other + name.removeprefix(prefix)
        return (spelled,)

    return negatives


# --- variables ---


def _variables(interpreter: Interpreter) -> Entries:
    table = interpreter.look_up("vllm.envs", "environment_variables")
    if not isinstance(table, dict):
        raise SparkcError(f"{interpreter.sources.tree.origin}: vllm/envs.py holds no table environment_variables")
    return {str(name): _variable(interpreter, str(name), getter) for name, getter in table.items()}


def _variable(interpreter: Interpreter, name: str, getter: object) -> Entry:
    entry = environment.entry_by_asking(interpreter, getter, name)
    closure = getter.closure if isinstance(getter, Function) else {}
    if "removal_version" in closure:
        entry["deprecated"] = deprecation_in(
            f"removed in {closure['removal_version']}. {closure['replacement']}", said=True
        )
        inner = closure.get("getter")
        closure = inner.closure if isinstance(inner, Function) else {}
    choices = closure.get("choices")
    if isinstance(choices, Function):
        choices = _called(interpreter, choices)
    if isinstance(choices, list):
        choices_entry(entry, choices)
        if closure.get("case_sensitive") is False:
            entry["any_case"] = True
        if "choices" in entry and entry["kind"] == "any":
            entry["kind"] = "str"
    return entry


def _called(interpreter: Interpreter, function: Function) -> object:
    try:
        return interpreter.call(function, [], {})
    except (Raised, Undecidable) as trouble:
        return Unknown(str(trouble))


# --- registered names ---


def _registered(interpreter: Interpreter, flags: Entries) -> dict[Group, tuple[str, ...]]:
    found = {
        Group.TOOL_PARSERS: _parsers(interpreter, TOOL_PARSER_FOLDERS, "_TOOL_PARSERS_TO_REGISTER"),
        Group.REASONING_PARSERS: _parsers(interpreter, ("vllm.reasoning",), "_REASONING_PARSERS_TO_REGISTER"),
        Group.QUANTIZATION: _literal(interpreter, "vllm.model_executor.layers.quantization", "QuantizationMethods"),
        Group.LOAD_FORMATS: _literal(interpreter, "vllm.model_executor.model_loader", "LoadFormats"),
        Group.ATTENTION_BACKENDS: _attention_backends(interpreter),
        Group.MOE_BACKENDS: _choices(flags, "--moe-backend"),
        Group.LINEAR_BACKENDS: _choices(flags, "--linear-backend"),
        Group.CUDAGRAPH_MODES: _enumeration(interpreter, "vllm.config.compilation", "CUDAGraphMode"),
        Group.SPECULATIVE_METHODS: _literal(interpreter, "vllm.config.speculative", "SpeculativeMethod"),
        Group.EAGLE3_TARGETS: _eagle3_targets(interpreter),
        Group.EXECUTORS: _literal(interpreter, "vllm.config.parallel", "DistributedExecutorBackend"),
    }
    return {group: names for group, names in found.items() if names}


def _models(on_cuda: Interpreter) -> dict[Group, tuple[str, ...]]:
    staged = cuts_into_stages(on_cuda)
    whole = tuple(name for name, is_cut in staged.items() if not is_cut)
    return {Group.MODELS: tuple(staged), Group.WHOLE_MODELS: whole, Group.MTP_MODELS: models_with_own_depth(on_cuda)}


def _cache_types(interpreter: Interpreter) -> tuple[str, ...]:
    """Return the words for `--kv-cache-dtype` that name a format; `auto` is whatever the model brings."""
    return tuple(name for name in _literal(interpreter, "vllm.config.cache", "CacheDType") if name != "auto")


def _close_reasoning_parsers(flags: Entries, registered: Mapping[Group, tuple[str, ...]]) -> None:
    """Fill in the choices that 0.11 takes from the register, which is empty in the source and full in the program."""
    flag = flags.get("--reasoning-parser", {})
    if flag.get("choices") == []:
        flag["choices"] = list(registered[Group.REASONING_PARSERS])


TOOL_PARSER_FOLDERS = ("vllm.tool_parsers", "vllm.entrypoints.openai.tool_parsers")


def _parsers(interpreter: Interpreter, packages: tuple[str, ...], table: str) -> tuple[str, ...]:
    """Return parser names: from the table of lazy modules, or (to 0.11) from the decorators of the classes."""
    for package in packages:
        source = interpreter.sources.find(package)
        if source is None:
            continue
        names = interpreter.look_up(package, table) if table in source.names else {}
        declared = set(names) if isinstance(names, dict) else set()
        folder = package.replace(".", "/") + "/"
        for path in interpreter.sources.tree.below(folder):
            module = interpreter.sources.find(path.removesuffix(".py").replace("/", ".").removesuffix(".__init__"))
            declared.update(name for item in (module.body if module else ()) for name in _decorated_names(item))
        if declared:
            return tuple(sorted(str(name) for name in declared))
    return ()


def _decorated_names(item: ast.stmt) -> tuple[str, ...]:
    marks = item.decorator_list if isinstance(item, ast.ClassDef) else []
    found: list[str] = []
    for mark in marks:
        match mark:
            case ast.Call(func=ast.Attribute(attr="register_module"), args=args, keywords=keywords):
                for word in (*args, *(keyword.value for keyword in keywords if keyword.arg == "name")):
                    value = ast.literal_eval(word)
                    found.extend([value] if isinstance(value, str) else value)
    return tuple(found)


def _literal(interpreter: Interpreter, module: str, name: str) -> tuple[str, ...]:
    if interpreter.sources.find(module) is None:
        return ()
    value = interpreter.look_up(module, name)
    return tuple(sorted({str(item) for item in _flat_literals(value)}))


def _flat_literals(value: object) -> tuple[object, ...]:
    if isinstance(value, Form) and value.origin == "Literal":
        return value.args
    if isinstance(value, Form):
        return tuple(item for arg in value.args for item in _flat_literals(arg))
    return ()


def _enumeration(interpreter: Interpreter, module: str, name: str) -> tuple[str, ...]:
    value = interpreter.look_up(module, name) if interpreter.sources.find(module) else None
    return tuple(sorted(interpreter.members(value))) if isinstance(value, Class) else ()


def _attention_backends(interpreter: Interpreter) -> tuple[str, ...]:
    places = (
        ("vllm.v1.attention.backends.registry", "AttentionBackendEnum"),
        ("vllm.attention.backends.registry", "AttentionBackendEnum"),
        ("vllm.attention.backends.registry", "_Backend"),
        ("vllm.platforms.interface", "_Backend"),
    )
    return next((names for place in places if (names := _enumeration(interpreter, *place))), ())


def _eagle3_targets(interpreter: Interpreter) -> tuple[str, ...]:
    """Return the model types that EAGLE3 is restricted to: a list inside the check, to 0.21."""
    source = interpreter.sources.find("vllm.config.speculative")
    for node in ast.walk(ast.Module(source.body, [])) if source else ():
        match node:
            case ast.Assign(
                targets=[ast.Name(id="aux_hidden_states_supported" | "eagle3_target_supported")],
                value=ast.List() as value,
            ):
                return tuple(sorted(ast.literal_eval(value)))
    return ()


def _choices(flags: Entries, name: str) -> tuple[str, ...]:
    choices = flags.get(name, {}).get("choices")
    return tuple(str(choice) for choice in choices) if isinstance(choices, list) else ()


def _schemas_behind_free_json(interpreter: Interpreter, flags: Entries) -> dict[str, Class]:
    """Name the schema of JSON that the parser lets through and a configuration class refuses later."""
    found: dict[str, Class] = {}
    for flag, module, name in (
        ("--speculative-config", "vllm.config.speculative", "SpeculativeConfig"),
        ("--watermark-config", "vllm.config.watermarking", "WatermarkConfig"),
        ("--diffusion-config", "vllm.config.diffusion", "DiffusionConfig"),
    ):
        cls = interpreter.look_up(module, name) if interpreter.sources.find(module) else None
        if isinstance(cls, Class) and flag in flags:
            flags[flag]["schema"] = name
            found[name] = cls
    return found


# --- what reaches Ray workers ---


def _ray_copy(interpreter: Interpreter, variables: Entries) -> Mapping[str, Json] | None:
    """Return which variables of the driver arrive at its Ray workers.

    The second executor (default from 0.21) hands over the whole environment but for the worker's own names; the first
    copies declared names and, by 0.18, some prefixes.
    """
    module = "vllm.ray.ray_env"
    if interpreter.sources.find(module) is None:
        return None
    v2 = interpreter.sources.find("vllm.v1.executor.ray_executor_v2")
    switch = variables.get("VLLM_USE_RAY_V2_EXECUTOR_BACKEND")
    everything = v2 is not None and (switch is None or switch.get("default") in ("true", "1"))
    return {
        "everything": everything,
        "declared": True,
        "prefixes": _texts(interpreter.look_up(module, "DEFAULT_ENV_VAR_PREFIXES")),
        "names": _texts(interpreter.look_up(module, "DEFAULT_EXTRA_ENV_VARS")),
        "except_for": _worker_specific(interpreter),
    }


def _worker_specific(interpreter: Interpreter) -> list[Json]:
    for module in ("vllm.v1.executor.ray_executor_v2", "vllm.v1.executor.ray_executor", "vllm.v1.executor.ray_utils"):
        source = interpreter.sources.find(module)
        for statement in ast.walk(ast.Module(source.body, [])) if source else ():
            match statement:
                case (
                    ast.Assign(targets=[ast.Name(id="WORKER_SPECIFIC_ENV_VARS")], value=value)
                    | ast.AnnAssign(target=ast.Name(id="WORKER_SPECIFIC_ENV_VARS"), value=ast.expr() as value)
                ):
                    return _texts({item.value for item in ast.walk(value) if isinstance(item, ast.Constant)})
    return []


def _texts(value: object) -> list[Json]:
    return [*sorted(str(item) for item in value)] if isinstance(value, set | list | tuple) else []
