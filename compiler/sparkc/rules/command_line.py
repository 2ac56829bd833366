"""The engine's command line as the plan has it, and the place in the spec that each flag comes from."""

from __future__ import annotations

from collections.abc import Mapping

from sparkc.findings import KeyPath
from sparkc.plan import Plan, Setting
from sparkc.resolve.engine_arguments import spellings
from sparkc.resolve.facts import Facts


def engine_flags(plan: Plan) -> Mapping[str, Setting]:
    """Return what the serving process on the head is given, by flag."""
    return {setting.key: setting for setting in plan.head.containers[0].processes[-1].arguments}


def named_in_args(facts: Facts, flag: str) -> str | None:
    """Return the word in `args` that means a flag, however the author spelled it; None when there is none."""
    return next((name for name in facts.spec.args or {} if flag in spellings(facts, name)), None)


def place_of(facts: Facts, setting: Setting) -> KeyPath:
    """Return the key of the spec that a flag was made from."""
    name = named_in_args(facts, setting.key)
    if name is not None:
        return ("args", name)
    return tuple(setting.because.where.split(".")) if setting.because.where else ()
