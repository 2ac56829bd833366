"""An expert parallel size that the engine would not use."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.rule import Complaint, Evidence, Rule


def _is_vllm(facts: Facts) -> bool:
    return facts.engine.name in ("vllm", "vllm-ascend")


def _check(_: Plan, facts: Facts) -> Iterator[Complaint]:
    ranks = facts.tensor * facts.data * facts.prefill_context
    context = f" x prefill context {facts.prefill_context}" if facts.prefill_context > 1 else ""
    if facts.expert not in (1, ranks):
        yield Complaint(
            ("parallelism", "expert"),
            f"parallelism.expert is {facts.expert}; "
            f"wanted 1, or tensor {facts.tensor} x data {facts.data}{context} = {ranks}",
        )


RULE = Rule(
    name="expert-parallel-size-mismatch",
    severity=Severity.ERROR,
    failure=Failure.SILENT,
    summary="the expert parallel size is neither 1 nor tensor times data",
    why="vLLM knows expert parallelism as a switch only: experts are spread over all tensor x data ranks. "
    "Another number cannot be said on its command line, so that the launch would differ from the spec.",
    help="set parallelism.expert to 1, or to tensor x data",
    evidence=(
        Evidence(
            "https://docs.vllm.ai/en/stable/serving/expert_parallel_deployment/",
            "the expert parallel size is computed: tensor parallel size times data parallel size",
        ),
    ),
    bad="parallelism: {expert: 4}",
    good="parallelism: {expert: 2}",
    applies=_is_vllm,
    check=_check,
    allowable=False,
)
