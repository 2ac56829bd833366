"""A value that the engine refuses when it reads the variable."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.author_variables import variables
from sparkc.rules.rule import Complaint, Evidence, Rule
from sparkc.rules.variables.values import wanted_instead
from sparkc.source.spelling import shown


def _knows_all_names(facts: Facts) -> bool:
    return facts.names_are_exact


def _check(_: Plan, facts: Facts) -> Iterator[Complaint]:
    assert facts.engine_names is not None
    for word in variables(facts):
        if word.text is not None and word.name in facts.engine_names.variables():
            wanted = wanted_instead(facts.engine_names.variable(word.name), word.text)
            if wanted is not None:
                yield Complaint(word.key, f"{word.name} is {shown(word.text)}; wanted {wanted}")


RULE = Rule(
    name="variable-value-refused",
    severity=Severity.ERROR,
    failure=Failure.CRASH,
    summary="the engine takes no such value of this variable",
    why="The engine reads the variable when it needs it, which may be minutes after the start, and ends there: "
    "`Invalid value for VLLM_...`, or `ValueError: invalid literal for int()`.",
    help="take a value that the engine understands",
    evidence=(
        Evidence(
            "vllm-project/vllm vllm/envs.py",
            "0.18.1: env_with_choices raises, and int() of other text does too",
        ),
    ),
    bad="""
engine: {version: 0.18.1}
env: {VLLM_NVFP4_GEMM_BACKEND: marlyn}
""",
    good="""
engine: {version: 0.18.1}
env: {VLLM_NVFP4_GEMM_BACKEND: marlin}
""",
    base="pair",
    applies=_knows_all_names,
    check=_check,
    allowable=False,
)
