"""A value that the engine's parser does not take."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import Failure, Severity
from sparkc.plan import Plan, Setting
from sparkc.resolve.facts import Facts
from sparkc.rules.command_line import engine_flags, place_of
from sparkc.rules.rule import Complaint, Evidence, Rule
from sparkc.rules.spec.values import refusal
from sparkc.source.spelling import nearest, shown

PARSERS = ("--tool-call-parser", "--reasoning-parser")
"""SGLang's closed lists of parsers; rules of their own speak of parsers, for every engine alike."""


def _knows_all_flags(facts: Facts) -> bool:
    return facts.names_are_exact


def refused_values(plan: Plan, facts: Facts) -> Iterator[Complaint]:
    """Yield a complaint for each value that the parser at hand does not take."""
    assert facts.engine_names is not None
    release = f"{facts.engine_names.engine} {facts.engine_names.version}"
    for setting in engine_flags(plan).values():
        flag = facts.engine_names.flag(setting.key)
        if flag is None or setting.structured or setting.key in (*flag.negatives, *PARSERS):
            continue
        if not flag.is_switch and setting.value is None and flag.nargs not in ("?", "*"):
            yield Complaint(place_of(facts, setting), f"{setting.key} stands alone; wanted a value after it")
        for text in _texts(setting):
            wanted = "no value after it, it is a switch" if flag.is_switch else refusal(flag.value, text)
            if wanted is not None:
                guess = nearest(text, (str(choice) for choice in flag.value.choices or ()))
                way_out = None if flag.value.choices else "write what the engine's parser can read"
                yield Complaint(
                    place_of(facts, setting),
                    f"{setting.key} is {shown(text)}; {release} wants {wanted}",
                    help=f"did you mean `{guess}`?" if guess else way_out,
                )


def _texts(setting: Setting) -> tuple[str, ...]:
    if setting.value is None:
        return ()
    return setting.value if isinstance(setting.value, tuple) else (setting.value,)


RULE = Rule(
    name="flag-value-refused",
    severity=Severity.ERROR,
    failure=Failure.CRASH,
    summary="the engine's parser does not take this value",
    why="The engine ends at once with `invalid choice` or `invalid value`. The lists change: --kv-cache-dtype is "
    "closed through vLLM 0.30.0, with other words in each release.",
    help="take a value from the list",
    evidence=(
        Evidence(
            "vllm-project/vllm vllm/engine/arg_utils.py",
            "0.18.1: types and choices come from the fields of the configuration",
        ),
    ),
    bad="args: {block-size: sixteen}",
    good="args: {block-size: 16}",
    applies=_knows_all_flags,
    check=refused_values,
    allowable=False,
)
