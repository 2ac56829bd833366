"""A variable that no program reads any more."""

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
        if known is not None and known.dead is not None:
            yield Complaint(word.key, f"{word.name} has no reader: {known.dead}")


RULE = Rule(
    name="variable-nobody-reads",
    severity=Severity.WARNING,
    failure=Failure.SILENT,
    summary="no program reads the variable any more",
    why="Such names travel from launch command to launch command. SAFETENSORS_FAST_GPU has had no reader since "
    "2023; SGLANG_DISABLE_CUDA_GRAPH never had one, and people waited for its effect. sparkc leaves them out, "
    "unless this rule is allowed.",
    help="remove the variable",
    evidence=(
        Evidence(
            "huggingface/accelerate pull request 1603",
            "SAFETENSORS_FAST_GPU was removed, because safetensors does not use it any more (June 2023)",
        ),
        Evidence("sgl-project/sglang python/sglang/srt", "0.5.5 to 0.5.23: no line reads SGLANG_DISABLE_CUDA_GRAPH"),
        Evidence(
            "https://al-engr.com/minimax-m2.7-dual-spark.html",
            "sets SAFETENSORS_FAST_GPU=1",
            disagrees=True,
        ),
    ),
    bad='env: {SAFETENSORS_FAST_GPU: "1"}',
    good="env: {SAFETENSORS_FAST_GPU: null}",
    check=_check,
)
