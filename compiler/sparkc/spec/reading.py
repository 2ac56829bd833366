"""From values with positions to a typed spec; from what does not fit to findings."""

from __future__ import annotations

import types
import typing
from collections.abc import Iterator
from typing import Any, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from sparkc.findings import Finding, KeyPath, Severity
from sparkc.source.document import Document
from sparkc.source.spelling import nearest
from sparkc.spec.models import Spec

# pydantic's word for an error: what we say was wanted. A name in braces comes from the error's own context.
WANTED = {
    "string_type": "text",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "tuple_type": "a list",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
    "literal_error": "{expected}",
    "greater_than": "more than {gt}",
    "greater_than_equal": "at least {ge}",
    "less_than": "less than {lt}",
    "less_than_equal": "at most {le}",
    "unfit": "{wanted}",
}


def read_spec(document: Document) -> tuple[Spec | None, list[Finding]]:
    """Return the typed spec, or None and everything that does not fit, each with its place."""
    try:
        return Spec.model_validate(document.plain()), []
    except ValidationError as trouble:
        details = _one_per_place(trouble.errors(include_url=False))
        return None, [_finding(detail, document) for detail in details]


def missing_keys(spec: Spec, document: Document) -> list[Finding]:
    """Report headline keys that a complete spec must have; overlays and abstract bases need none of them."""
    return [
        Finding(
            rule="key-missing",
            severity=Severity.ERROR,
            message=f"`{'.'.join(map(str, path))}` is missing, wanted {wanted}",
            span=document.span(path),
            key=path,
            help=f"add `{path[-1]}: …`" + (f" under `{'.'.join(map(str, path[:-1]))}`" if path[:-1] else ""),
        )
        for path, wanted in _wanted_keys(spec)
    ]


def _wanted_keys(spec: Spec) -> Iterator[tuple[KeyPath, str]]:
    if spec.api_version is None:
        yield ("apiVersion",), "`sparkc/v1`"
    if spec.name is None:
        yield ("name",), "a name for the deployment"
    if spec.model is None or spec.model.id is None:
        yield ("model", "id"), "the Hub id of the checkpoint"
    if spec.quant is None or spec.quant.format is None:
        yield ("quant",), "the format of the checkpoint, like `mxfp4` or `bf16`"
    yield from _wanted_engine_keys(spec)
    drafts = spec.serving.speculative if spec.serving else None
    if drafts is not None and drafts.model is not None and drafts.model.id is None and drafts.model.path is None:
        yield ("serving", "speculative", "model", "id"), "the Hub id of the draft model, or `path` where its files are"
    yield from _wanted_node_keys(spec)


def _wanted_engine_keys(spec: Spec) -> Iterator[tuple[KeyPath, str]]:
    if spec.engine is None or spec.engine.name is None:
        yield ("engine", "name"), "vllm, sglang or vllm-ascend"
        return
    if spec.engine.version is None:
        yield ("engine", "version"), "the engine's version in quotes, or `unknown`"
    if spec.engine.image is None or spec.engine.image.ref is None:
        yield ("engine", "image"), "the container image to run"


def _wanted_node_keys(spec: Spec) -> Iterator[tuple[KeyPath, str]]:
    if spec.nodes is None or spec.nodes.hardware is None:
        yield ("nodes", "hardware"), "the kind of machine, like `dgx-spark`"
    if spec.nodes is None or not spec.nodes.hosts:
        yield ("nodes", "hosts"), "at least one host"
        return
    if len(spec.nodes.hosts) == 1:
        return
    for index, host in enumerate(spec.nodes.hosts):
        if host.address is None:
            yield ("nodes", "hosts", index, "address"), "the IP address that the other nodes dial"
    if spec.interconnect is None or spec.interconnect.kind is None:
        yield ("interconnect", "kind"), "roce or tcp, since there are several nodes"
    if spec.parallelism is None:
        yield ("parallelism",), "how the model is cut over the nodes, like `{tensor: 2}`"


def _one_per_place(errors: list[ErrorDetails]) -> list[ErrorDetails]:
    """Keep one error per place: the branches of a union all complain about the same value."""
    first: dict[KeyPath, ErrorDetails] = {}
    for error in errors:
        first.setdefault(_key_path(error["loc"]), error)
    return list(first.values())


def _key_path(loc: tuple[int | str, ...]) -> KeyPath:
    """Drop what pydantic adds to a location for its own sake: union branches, and `[key]` for a mapping's keys."""
    path: list[int | str] = []
    where: Any = Spec  # Any: annotations of every form pass through here
    for step in loc:
        inner = _inside(where, step)
        if inner is None and isinstance(step, str) and not _is_key_of(where, step):
            continue
        path.append(step)
        where = inner
    return tuple(path)


def _finding(error: ErrorDetails, document: Document) -> Finding:
    path = _key_path(error["loc"])
    if error["type"] == "extra_forbidden":
        return _unknown_key(path, document)
    if error["type"] == "missing":
        return Finding(
            rule="key-missing",
            severity=Severity.ERROR,
            message=f"`{path[-1]}` is missing, wanted {_description(path)}",
            span=document.span(path[:-1]),
            key=path,
            help=f"add `{path[-1]}: …`",
        )
    if error["loc"][-1] == "[key]":
        return Finding(
            rule="key-misspelt",
            severity=Severity.ERROR,
            message=f"found the key `{path[-1]}`, wanted {_wanted(error)}",
            span=document.key_span(path),
            key=path,
        )
    return Finding(
        rule="value-misfit",
        severity=Severity.ERROR,
        message=f"`{dotted(path)}`: found {found(error['input'])}, wanted {_wanted(error)}",
        span=document.span(path),
        key=path,
        help=_spelling_help(error),
    )


def _unknown_key(path: KeyPath, document: Document) -> Finding:
    known = _keys_at(path[:-1])
    place = f"under `{dotted(path[:-1])}`" if path[:-1] else "at the top of a spec"
    guess = nearest(str(path[-1]), known)
    return Finding(
        rule="unknown-key",
        severity=Severity.ERROR,
        message=f"found the key `{path[-1]}`, which is not known {place}; wanted one of {', '.join(sorted(known))}",
        span=document.key_span(path),
        key=path,
        help=f"did you mean `{guess}`?" if guess else None,
    )


def _wanted(error: ErrorDetails) -> str:
    template = WANTED.get(error["type"])
    # A kind of error that we have no words for keeps pydantic's: better a plain sentence than a wrong one.
    return template.format(**error.get("ctx", {})) if template else error["msg"][:1].lower() + error["msg"][1:]


def _spelling_help(error: ErrorDetails) -> str | None:
    if error["type"] == "literal_error" and isinstance(error["input"], str):
        known = [word.strip("' ") for word in error["ctx"]["expected"].replace(" or ", ", ").split(",")]
        guess = nearest(error["input"], known)
        return f"did you mean `{guess}`?" if guess else None
    if error["type"] == "string_type" and isinstance(error["input"], int | float):
        return f'put it in quotes: "{getattr(error["input"], "text", str(error["input"]).lower())}"'
    return None


def dotted(path: KeyPath) -> str:
    """Return a key path as people write it: `nodes.hosts[1].address`."""
    words = ""
    for step in path:
        words += f"[{step}]" if isinstance(step, int) else f".{step}" if words else step
    return words


def found(value: object) -> str:
    """Say what kind of value stands there, and what it is, in at most forty characters."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return f"the number {_short(getattr(value, 'text', str(value)))}"
    if isinstance(value, str):
        return f"the text `{_short(value)}`"
    return "a list" if isinstance(value, list | tuple) else "a mapping"


def _short(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= 40 else flat[:39] + "…"


# --- the shape of the language, read off the models ------------------------------------------------------------------


def _bare(annotation: Any) -> Any:  # Any: annotations have no common type
    """Strip `Annotated` and `| None` from an annotation."""
    if get_origin(annotation) is typing.Annotated:
        return _bare(get_args(annotation)[0])
    if get_origin(annotation) in (typing.Union, types.UnionType):
        inner = [choice for choice in get_args(annotation) if choice is not type(None)]
        return _bare(inner[0]) if len(inner) == 1 else annotation
    return annotation


def _fields(model: type[BaseModel]) -> dict[str, Any]:
    return {field.alias or name: field.annotation for name, field in model.model_fields.items()}


def _is_part(annotation: Any) -> bool:  # Any: see _bare
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def _inside(where: Any, step: int | str) -> Any:  # Any: see _bare
    """Return the annotation one step further down, or None where the step leads nowhere."""
    bare = _bare(where)
    if _is_part(bare):
        return _fields(bare).get(str(step))
    if get_origin(bare) is tuple and isinstance(step, int):
        return get_args(bare)[0]
    if get_origin(bare) is dict and isinstance(step, str) and step != "[key]":
        return get_args(bare)[1]
    return None


def _is_key_of(where: Any, step: str) -> bool:  # Any: see _bare
    """Tell whether a step that leads nowhere is still something the author wrote, rather than pydantic's own word."""
    bare = _bare(where)
    return _is_part(bare) or (get_origin(bare) is dict and step != "[key]")


def _keys_at(path: KeyPath) -> list[str]:
    where: Any = Spec  # Any: see _bare
    for step in path:
        where = _inside(where, step)
    bare = _bare(where)
    return list(_fields(bare)) if _is_part(bare) else []


def _description(path: KeyPath) -> str:
    where: Any = Spec  # Any: see _bare
    for step in path[:-1]:
        where = _inside(where, step)
    bare = _bare(where)
    for name, field in bare.model_fields.items():
        if (field.alias or name) == path[-1] and field.description:
            description: str = field.description
            return description[:1].lower() + description[1:].rstrip(".")
    return "a value"
