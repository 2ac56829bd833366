"""A key in a JSON flag that the engine does not have."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from sparkc.catalog.engine import EngineCatalog
from sparkc.catalog.entries import Kind, Schema
from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.command_line import engine_flags, place_of
from sparkc.rules.rule import Complaint, Evidence, Rule
from sparkc.rules.spec.values import refusal
from sparkc.source.spelling import nearest


def _knows_all_flags(facts: Facts) -> bool:
    return facts.names_are_exact


def unknown_keys(plan: Plan, facts: Facts) -> Iterator[Complaint]:
    """Yield a complaint for each key or word inside a JSON flag that the engine at hand does not have."""
    catalog = facts.engine_names
    assert catalog is not None
    for setting in engine_flags(plan).values():
        flag = catalog.flag(setting.key)
        if flag is None or not setting.structured or not isinstance(setting.value, str):
            continue
        schema = catalog.schema(flag.value.schema)
        place = place_of(facts, setting)
        for message, guess in _troubles(json.loads(setting.value), schema, catalog, setting.key):
            yield Complaint(place, message, help=f"did you mean `{guess}`?" if guess else None)


def _troubles(
    value: Any,  # Any: parsed JSON
    schema: Schema | None,
    catalog: EngineCatalog,
    at: str,
) -> Iterator[tuple[str, str | None]]:
    if schema is None or not isinstance(value, dict):
        return
    for name, inner in value.items():
        key = schema.keys.get(name)
        if key is None:
            if schema.closed:
                yield f"{at} has no key {name} in {catalog.engine} {catalog.version}", nearest(name, schema.keys)
            continue
        if isinstance(inner, str) and not key.many and key.value.kind is not Kind.JSON:
            wanted = refusal(key.value, inner)
            if wanted is not None:
                yield f"{name} in {at} is {inner}; wanted {wanted}", None
        yield from _troubles(inner, catalog.schema(key.value.schema), catalog, f"{at}.{name}")


RULE = Rule(
    name="config-key-unknown",
    severity=Severity.ERROR,
    failure=Failure.CRASH,
    summary="a JSON flag has a key or word that the engine does not know",
    why="vLLM builds a configuration from the JSON and ends when a key or a word is not its own; of a wrong "
    "cudagraph_mode it says no more than `KeyError`.",
    help="correct the key",
    evidence=(
        Evidence(
            "vllm-project/vllm vllm/config/compilation.py",
            "0.18.1: the keys of --compilation-config; unknown ones are refused",
        ),
    ),
    bad="args: {compilation-config: {cudagraph_moed: PIECEWISE}}",
    good="args: {compilation-config: {cudagraph_mode: PIECEWISE}}",
    base="single",
    applies=_knows_all_flags,
    check=unknown_keys,
    allowable=False,
)
