"""Settings that stand on the command line as a flag and once more inside a JSON value."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sparkc.findings import KeyPath
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.command_line import engine_flags, place_of
from sparkc.rules.engine_config import structure


@dataclass(frozen=True)
class Twice:
    """One setting with two places.

    Args:
        sets: the key of the configuration that both mean (`KernelConfig.moe_backend`).
        flag, place: the plain flag, and where the spec has it.
        json_flag, key, json_place: the flag with the JSON value, the key in it, and where the spec has it.
    """

    sets: str
    flag: str
    place: KeyPath
    json_flag: str
    key: str
    json_place: KeyPath


def said_twice(plan: Plan, facts: Facts) -> Iterator[Twice]:
    """Yield every setting that is said in both ways."""
    catalog = facts.engine_names
    if catalog is None:
        return
    given = [(setting, catalog.flag(setting.key)) for setting in engine_flags(plan).values()]
    structured = {flag.value.schema: setting for setting, flag in given if flag is not None and flag.value.schema}
    for setting, flag in given:
        if flag is None or flag.sets is None:
            continue
        schema, _, key = flag.sets.partition(".")
        other = structured.get(schema)
        if other is not None and other is not setting and key in structure(plan, other.key):
            yield Twice(flag.sets, flag.name, place_of(facts, setting), other.key, key, place_of(facts, other))
