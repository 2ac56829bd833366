"""A yes or no stands where the engine reads a number."""

from __future__ import annotations

import json
from collections.abc import Iterator

from sparkc.catalog.entries import Kind
from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.ascend.switches import FLAG
from sparkc.rules.engine_config import place, structure
from sparkc.rules.rule import Complaint, Evidence, Rule

SCHEMA = "AdditionalConfig"


def _check(plan: Plan, facts: Facts) -> Iterator[Complaint]:
    schema = facts.engine_names.schema(SCHEMA) if facts.engine_names else None
    for name, value in structure(plan, FLAG).items():
        key = schema.keys.get(name) if schema else None
        if key is not None and key.value.kind is Kind.INT and isinstance(value, bool):
            yield Complaint(
                place(plan, facts, FLAG),
                f"{name} in {FLAG} is {json.dumps(value)}; wanted a number, and it is read as {int(value)}",
                help=f"write {name}: {int(value)}, or the number that you mean",
            )


RULE = Rule(
    name="number-given-as-switch",
    severity=Severity.NOTE,
    failure=Failure.SILENT,
    summary="a key of --additional-config takes a number and is given a yes or no",
    why="Python takes true for 1 and false for 0, so that the engine starts and takes the first of several modes: "
    "`enable_fused_mc2` and `weight_nz_mode` of vLLM-Ascend know 0, 1 and 2. A version that checks the value's type "
    "would refuse it.",
    help="write the number",
    evidence=(
        Evidence(
            "vllm-project/vllm-ascend vllm_ascend/ascend_forward_context.py",
            "0.21.0rc1: compares enable_fused_mc2 with 1 and 2",
        ),
        Evidence(
            "https://docs.vllm.ai/projects/ascend/en/v0.23.0/tutorials/models/MiniMax-M2.html",
            "5.1, A3: gives both as true",
            disagrees=True,
        ),
    ),
    bad="args: {additional-config: {weight_nz_mode: true}}",
    good="args: {additional-config: {weight_nz_mode: 1}}",
    base="atlas",
    applies=lambda facts: facts.engine.name == "vllm-ascend",
    check=_check,
)
