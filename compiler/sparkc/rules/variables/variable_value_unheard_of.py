"""A value that the documentation of the variable does not list."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.author_variables import variables
from sparkc.rules.rule import Complaint, Evidence, Rule
from sparkc.rules.variables.values import wanted_instead
from sparkc.source.spelling import shown


def _check(_: Plan, facts: Facts) -> Iterator[Complaint]:
    for word in variables(facts):
        known = facts.variable(word.name)
        if word.text is None or known is None or _speaks_for_itself(facts, word.name):
            continue
        wanted = wanted_instead(known, word.text)
        if wanted is not None:
            yield Complaint(word.key, f"{word.name} ({known.owner}) is {shown(word.text)}; wanted {wanted}")


def _speaks_for_itself(facts: Facts, name: str) -> bool:
    """Tell whether the engine's own exact catalog has the last word on a variable."""
    return facts.names_are_exact and facts.engine_names is not None and name in facts.engine_names.variables()


RULE = Rule(
    name="variable-value-unheard-of",
    severity=Severity.WARNING,
    failure=Failure.SILENT,
    summary="the variable has a list of values, and this is none of them",
    why="Libraries take their default for a value that they do not know, or read the beginning of it as a number; "
    "few of them say so.",
    help="take a value from the list",
    evidence=(
        Evidence(
            "https://docs.nvidia.com/deeplearning/nccl/user-guide/docs/env.html",
            "values of NCCL's variables",
        ),
        Evidence(
            "https://docs.nvidia.com/cuda/cuda-programming-guide/05-appendices/environment-variables.html",
            "values of CUDA's variables",
        ),
    ),
    bad="env: {CUDA_DEVICE_ORDER: PCI}",
    good="env: {CUDA_DEVICE_ORDER: PCI_BUS_ID}",
    check=_check,
)
