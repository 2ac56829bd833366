"""Fused MC2 is asked for on a machine that does not have it."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.ascend.switches import switched_on
from sparkc.rules.rule import Complaint, Evidence, Rule


def _check(plan: Plan, facts: Facts) -> Iterator[Complaint]:
    found = switched_on(plan, facts, "enable_fused_mc2")
    if found is not None:
        key, name = found
        yield Complaint(key, f"found {name} on {plan.hardware}, wanted it on an Atlas A3 only")


RULE = Rule(
    name="fused-mc2-on-a2",
    severity=Severity.WARNING,
    failure=Failure.SILENT,
    summary="fused MC2 is asked for on an A2, which never uses it",
    why="vLLM-Ascend asks for the switch where it chooses how tokens reach their experts on an A3. On an A2 it takes "
    "MC2 or all-gather whatever the switch says: the launch runs, without what the spec asks for.",
    help="remove enable_fused_mc2 from args.additional-config",
    evidence=(
        Evidence(
            "https://docs.vllm.ai/projects/ascend/en/v0.23.0/tutorials/models/MiniMax-M2.html",
            "9.2.2: recommended for A3, not applicable for A2",
        ),
        Evidence(
            "vllm-project/vllm-ascend vllm_ascend/ascend_forward_context.py",
            "0.21.0rc1: select_moe_comm_method reads enable_fused_mc2 in the branch of the A3 only",
        ),
    ),
    bad="args: {additional-config: {enable_fused_mc2: 1}}",
    good="args: {additional-config: {enable_fused_mc2: 0}}",
    base="atlas",
    applies=lambda facts: facts.hardware is not None and facts.hardware.architecture == "ascend-a2",
    check=_check,
)
