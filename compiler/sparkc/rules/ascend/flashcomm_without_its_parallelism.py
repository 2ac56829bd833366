"""FlashComm1 is on where there is nothing for it to overlap."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.ascend.switches import switched_on
from sparkc.rules.rule import Complaint, Evidence, Rule


def _check(plan: Plan, facts: Facts) -> Iterator[Complaint]:
    found = switched_on(plan, facts, "enable_flashcomm1")
    if found is None:
        return
    key, name = found
    if facts.tensor == 1:
        yield Complaint(key, f"{name} with tensor 1, wanted 2 or more")
    elif facts.shape is not None and facts.shape.experts and facts.expert == 1:
        yield Complaint(
            key, f"{name} with {facts.shape.experts} experts and parallelism.expert 1, wanted tensor x data"
        )


RULE = Rule(
    name="flashcomm-without-its-parallelism",
    severity=Severity.ERROR,
    failure=Failure.CRASH,
    summary="FlashComm1 needs tensor parallelism, and expert parallelism where there are experts",
    why="vLLM-Ascend ends while it builds its configuration: `Flash Comm v1 is only supported when tp_size > 1.`, "
    "or `Flash Comm v1 requires enable_expert_parallel=True for MoE models`.",
    help="set parallelism.expert to tensor x data, or remove enable_flashcomm1",
    evidence=(
        Evidence(
            "vllm-project/vllm-ascend vllm_ascend/platform.py",
            "0.21.0rc1: two assertions",
        ),
    ),
    bad="""
parallelism: {expert: 1}
args: {additional-config: {enable_flashcomm1: true}}
""",
    good="args: {additional-config: {enable_flashcomm1: true}}",
    base="atlas",
    applies=lambda facts: facts.engine.name == "vllm-ascend",
    check=_check,
    allowable=False,
)
