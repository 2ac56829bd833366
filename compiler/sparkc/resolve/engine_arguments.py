"""Decide the engine's command line: the spec's words become the flags of the pinned engine."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Any

from sparkc.plan import File, Setting
from sparkc.resolve.draft import Draft, decided
from sparkc.resolve.facts import Facts

# Spec key and the flag that says it, for values that pass through as they are (vLLM 0.18.1, vllm/engine/arg_utils.py
# and vllm/entrypoints/openai/cli_args.py; vLLM-Ascend is a plugin and takes the same flags).
PLAIN_FLAGS: tuple[tuple[tuple[str, ...], str], ...] = (
    (("serving", "host"), "--host"),
    (("serving", "port"), "--port"),
    (("serving", "served_model_name"), "--served-model-name"),
    (("quant", "method"), "--quantization"),
    (("serving", "memory", "gpu_memory_utilization"), "--gpu-memory-utilization"),
    (("serving", "memory", "kv_cache_memory_bytes"), "--kv-cache-memory-bytes"),
    (("serving", "max_model_len"), "--max-model-len"),
    (("serving", "max_num_batched_tokens"), "--max-num-batched-tokens"),
    (("serving", "max_num_seqs"), "--max-num-seqs"),
    (("serving", "load_format"), "--load-format"),
    (("serving", "kv_cache_dtype"), "--kv-cache-dtype"),
    (("serving", "reasoning_parser"), "--reasoning-parser"),
)

# A yes is the bare flag, a no is its negative. `--no-…` parses in every version from 0.11.0 to 0.33.0, also where 0.33
# prefers `--disable-…` (facts read from the releases' own parsers).
SWITCHES: tuple[tuple[tuple[str, ...], str, str], ...] = (
    (("model", "trust_remote_code"), "--trust-remote-code", "--no-trust-remote-code"),
    (("serving", "prefix_caching"), "--enable-prefix-caching", "--no-enable-prefix-caching"),
    (("serving", "chunked_prefill"), "--enable-chunked-prefill", "--no-enable-chunked-prefill"),
)

GRAPH_MODES = {
    "none": "NONE",
    "piecewise": "PIECEWISE",
    "full": "FULL",
    "full_decode_only": "FULL_DECODE_ONLY",
    "full_and_piecewise": "FULL_AND_PIECEWISE",
}


def decide_engine_arguments(draft: Draft) -> Draft:
    """Fill in `arguments`: everything after `vllm serve MODEL`, in a fixed order, the author's `args` last."""
    settings: dict[str, Setting] = {}
    for setting in _said_by_the_spec(draft):
        settings[setting.key] = setting
    for flag, value in (draft.facts.spec.args or {}).items():
        _lay_over(settings, draft, flag, value)
    return replace(draft, arguments=tuple(settings.values()))


def _said_by_the_spec(draft: Draft) -> Iterator[Setting]:
    spec = draft.facts.spec.model_dump(by_alias=True)
    for key, flag in PLAIN_FLAGS:
        value = _look_up(spec, key)
        if value is not None:
            yield Setting(flag, _words(value), draft.reasons.why(*key))
    yield from _parallelism(draft)
    for key, flag, negative in SWITCHES:
        value = _look_up(spec, key)
        if value is not None:
            yield Setting(flag if value else negative, None, draft.reasons.why(*key))
    yield from _graphs(draft)
    yield from _tool_calls(draft)
    template = chat_template(draft)
    if template is not None:
        yield Setting("--chat-template", template.path, template.because)
    yield from _speculation(draft)
    if draft.facts.model.path is None and draft.facts.model.revision is not None:
        yield Setting("--revision", draft.facts.model.revision, draft.reasons.why("model", "revision"))


def _parallelism(draft: Draft) -> Iterator[Setting]:
    facts = draft.facts
    why = draft.reasons.why
    yield Setting(
        "--tensor-parallel-size",
        str(facts.tensor),
        why("parallelism", "tensor")
        if facts.parallelism.tensor
        else decided("parallelism", "one accelerator, so one tensor parallel rank"),
    )
    if facts.pipeline > 1:
        yield Setting("--pipeline-parallel-size", str(facts.pipeline), why("parallelism", "pipeline"))
    if facts.data > 1:
        yield Setting("--data-parallel-size", str(facts.data), why("parallelism", "data"))
    if facts.expert > 1:
        yield Setting("--enable-expert-parallel", None, why("parallelism", "expert"))
    if facts.is_distributed:
        yield Setting(
            "--distributed-executor-backend",
            facts.executor,
            why("engine", "executor")
            if facts.engine.executor
            else decided(
                "executor", f"{len(facts.hosts)} nodes: said aloud, because without it ranks stay on one node"
            ),
        )


def _graphs(draft: Draft) -> Iterator[Setting]:
    mode = draft.facts.serving.cuda_graphs
    if mode is None or mode == "default":
        return
    why = draft.reasons.why("serving", "cuda_graphs")
    if mode == "off":
        yield Setting("--enforce-eager", None, why)
    else:
        yield Setting("--compilation-config", _json({"cudagraph_mode": GRAPH_MODES[mode]}), why, structured=True)


def _tool_calls(draft: Draft) -> Iterator[Setting]:
    parser = draft.facts.serving.tool_call_parser
    if parser is None:
        return
    yield Setting(
        "--enable-auto-tool-choice",
        None,
        decided("tool-calls", f"serving.tool_call_parser is {parser}: without this flag tool calls stay text"),
    )
    yield Setting("--tool-call-parser", parser, draft.reasons.why("serving", "tool_call_parser"))


def chat_template(draft: Draft) -> File | None:
    """Return the project's own chat template, which is brought to every node; None for the model's own."""
    name = draft.facts.serving.chat_template
    if name is None:
        return None
    why = draft.reasons.why("serving", "chat_template")
    return File(f"chat-template-{PurePosixPath(name).name}", draft.facts.files.get(name, ""), why)


def _speculation(draft: Draft) -> Iterator[Setting]:
    speculative = draft.facts.serving.speculative
    if speculative is None:
        return
    config: dict[str, Any] = {}  # Any: JSON
    if speculative.method is not None:
        config["method"] = speculative.method
    if speculative.num_speculative_tokens is not None:
        config["num_speculative_tokens"] = speculative.num_speculative_tokens
    config.update(speculative.options or {})
    yield Setting("--speculative-config", _json(config), draft.reasons.why("serving", "speculative"), structured=True)


def _lay_over(settings: dict[str, Setting], draft: Draft, name: str, value: Any) -> None:  # Any: JSON from YAML
    """Lay one of the author's `args` over what the spec's other keys said. Null removes, a map joins another map."""
    flag, negative = spellings(draft.facts, name)
    why = draft.reasons.why("args", name)
    former = settings.pop(flag, None) or settings.pop(negative, None)
    if value is None:
        return
    if value is True:
        settings[flag] = Setting(flag, None, why)
    elif value is False:
        settings[negative] = Setting(negative, None, why)
    elif isinstance(value, dict):
        both = {**json.loads(former.value), **value} if former and isinstance(former.value, str) else value
        settings[flag] = Setting(flag, _json(both), why, structured=True)
    else:
        settings[flag] = Setting(flag, _words(value), why)


def spellings(facts: Facts, name: str) -> tuple[str, str]:
    """Return the canonical flag for a name in `args`, and its negative."""
    flag = f"--{name}"
    known = facts.engine_catalog.catalog.flag(flag) if facts.engine_catalog else None
    if known is None:
        return flag, f"--no-{name}"
    return known.name, known.negatives[0] if known.negatives else f"--no-{known.name[2:]}"


def _words(value: Any) -> str | tuple[str, ...]:  # Any: a scalar or a tuple of scalars
    if isinstance(value, tuple):
        return word(value[0]) if len(value) == 1 else tuple(word(item) for item in value)
    return word(value)


def word(value: object) -> str:
    """Return a scalar as one argv word, in the author's own spelling where he typed a number."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(getattr(value, "text", value))


def _json(value: Mapping[str, Any]) -> str:  # Any: JSON
    # Sorted, so that the same meaning is the same bytes whatever order an overlay left the keys in.
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _look_up(spec: Any, key: tuple[str, ...]) -> Any:  # Any: a dumped model
    for step in key:
        if spec is None:
            return None
        spec = spec[step]
    return spec
