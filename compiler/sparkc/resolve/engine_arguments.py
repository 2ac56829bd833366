"""Decide the engine's command line: the spec's words become the flags of the pinned engine."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Any

from sparkc.plan import File, Setting
from sparkc.resolve.draft import Draft
from sparkc.resolve.engines import words_of
from sparkc.resolve.engines.values import as_json, canonical, words
from sparkc.resolve.facts import Facts


def decide_engine_arguments(draft: Draft) -> Draft:
    """Fill in `arguments`: everything after the program and its model, in a fixed order, the author's `args` last."""
    settings: dict[str, Setting] = {}
    for setting in _said_by_the_spec(draft):
        settings[setting.key] = setting
    for flag, value in (draft.facts.spec.args or {}).items():
        _lay_over(settings, draft, flag, value)
    return replace(draft, arguments=tuple(settings.values()))


def _said_by_the_spec(draft: Draft) -> Iterator[Setting]:
    engine = words_of(draft.facts)
    spec = draft.facts.spec.model_dump(by_alias=True)
    for key, flag in engine.plain_flags:
        value = _look_up(spec, key)
        if value is not None:
            yield Setting(flag, words(value), draft.reasons.why(*key))
    yield from engine.parallelism(draft)
    for switch in engine.switches:
        value = _look_up(spec, switch.key)
        said = switch.on if value else switch.off
        if value is not None and said is not None:
            yield Setting(said, None if value else switch.off_value, draft.reasons.why(*switch.key))
    yield from engine.graphs(draft)
    yield from engine.tool_calls(draft)
    template = chat_template(draft)
    if template is not None:
        yield Setting("--chat-template", template.path, template.because)
    yield from engine.speculation(draft)
    yield from engine.kv_transfer(draft)
    if draft.facts.model.path is None and draft.facts.model.revision is not None:
        yield Setting("--revision", draft.facts.model.revision, draft.reasons.why("model", "revision"))


def chat_template(draft: Draft) -> File | None:
    """Return the project's own chat template, which is brought to every node; None for the model's own."""
    name = draft.facts.serving.chat_template
    if name is None:
        return None
    why = draft.reasons.why("serving", "chat_template")
    return File(f"chat-template-{PurePosixPath(name).name}", draft.facts.files.get(name, ""), why)


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
        # Where a switch has no negative, leaving it out is the only way to say no.
        if negative:
            settings[negative] = Setting(negative, None, why)
    elif isinstance(value, dict):
        both = {**json.loads(former.value), **value} if former and isinstance(former.value, str) else value
        settings[flag] = Setting(flag, as_json(both), why, structured=True)
    else:
        settings[flag] = Setting(flag, words(value), why)


def spellings(facts: Facts, name: str) -> tuple[str, str]:
    """Return the canonical flag for a name in `args`, and its negative; "" where the engine has none."""
    flag = canonical(facts, f"--{name}")
    known = facts.engine_names.flag(flag) if facts.engine_names else None
    if known is not None and known.negatives:
        return flag, known.negatives[0]
    return flag, f"--no-{flag[2:]}" if words_of(facts).has_negatives else ""


def _look_up(spec: Any, key: tuple[str, ...]) -> Any:  # Any: a dumped model
    for step in key:
        if spec is None:
            return None
        spec = spec[step]
    return spec
