"""Fused MC2 where too few ranks share a layer for it to pay."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.ascend.switches import switched_on
from sparkc.rules.rule import Complaint, Evidence, Rule

LEAST = 4


def _check(plan: Plan, facts: Facts) -> Iterator[Complaint]:
    found = switched_on(plan, facts, "enable_fused_mc2")
    if found is not None and facts.tensor < LEAST:
        key, name = found
        yield Complaint(key, f"found {name} with tensor {facts.tensor}, wanted {LEAST} or more")


RULE = Rule(
    name="fused-mc2-with-few-ranks",
    severity=Severity.NOTE,
    failure=Failure.SLOW,
    summary="fused MC2 is recommended from four tensor parallel ranks on",
    why="The fused operator hides the way of tokens to their experts behind the computation. The tutorial recommends "
    "it on an A3 from four ranks on, and says nothing good of it below.",
    help="remove enable_fused_mc2 from args.additional-config, or measure with and without it",
    evidence=(
        Evidence(
            "https://docs.vllm.ai/projects/ascend/en/v0.23.0/tutorials/models/MiniMax-M2.html",
            "9.2.2: recommended on A3 with a tensor parallel size of 4 or more",
        ),
    ),
    bad="""
nodes: {hardware: atlas-800-a3}
engine: {image: {ref: "quay.io/ascend/vllm-ascend:v0.21.0rc1-a3"}}
parallelism: {tensor: 2, data: 8, expert: 16}
args: {additional-config: {enable_fused_mc2: 1}}
""",
    good="""
nodes: {hardware: atlas-800-a3}
engine: {image: {ref: "quay.io/ascend/vllm-ascend:v0.21.0rc1-a3"}}
parallelism: {tensor: 4, data: 4, expert: 16}
args: {additional-config: {enable_fused_mc2: 1}}
""",
    base="atlas",
    applies=lambda facts: facts.hardware is not None and facts.hardware.architecture == "ascend-a3",
    check=_check,
)
