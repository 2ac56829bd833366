"""A variable that the engine itself calls deprecated."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.author_variables import variables
from sparkc.rules.rule import Complaint, Evidence, Rule


def _check(_: Plan, facts: Facts) -> Iterator[Complaint]:
    for word in variables(facts):
        known = facts.variable(word.name)
        if known is None or known.deprecated is None:
            continue
        end = f", which names {known.deprecated.removed_in} for its end" if known.deprecated.removed_in else ""
        instead = known.deprecated.instead
        yield Complaint(
            word.key,
            f"{word.name} is deprecated by {known.owner}{end}",
            help=f"use {' and '.join(instead)}" if instead else None,
        )


RULE = Rule(
    name="variable-on-its-way-out",
    severity=Severity.NOTE,
    failure=Failure.SILENT,
    summary="the program that reads the variable calls it deprecated",
    why="An upgrade drops it without an error, and the launch goes on with another kernel or default.",
    help="use what the program names instead",
    evidence=(
        Evidence(
            "vllm-project/vllm vllm/envs.py",
            "0.23.0: deprecated_env names the version that drops a variable and its replacement",
        ),
    ),
    bad="""
engine: {version: 0.23.0}
env: {VLLM_NVFP4_GEMM_BACKEND: marlin}
""",
    good="engine: {version: 0.23.0}",
    base="single",
    check=_check,
)
