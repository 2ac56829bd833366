"""Balance scheduling is asked for with a variable that reaches no scheduler in this release."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.catalog.versions import is_within
from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.ascend.switches import switched_on
from sparkc.rules.rule import Complaint, Evidence, Rule

KEY, VARIABLE = "enable_balance_scheduling", "VLLM_ASCEND_BALANCE_SCHEDULING"


def _check(plan: Plan, facts: Facts) -> Iterator[Complaint]:
    found = switched_on(plan, facts, KEY)
    if found is not None and found[1] == VARIABLE:
        yield Complaint(
            found[0], f"found {VARIABLE} on with {facts.engine.version}, wanted {KEY} in args.additional-config"
        )


RULE = Rule(
    name="balance-scheduling-only-by-key",
    severity=Severity.WARNING,
    failure=Failure.SILENT,
    summary="this release reads balance scheduling from its key, not from the variable",
    why="The configuration takes the variable and says so in the log, but the scheduler looks for the key of "
    "--additional-config alone and stays the ordinary one. Nothing else tells. Even where it works it helps only while "
    "requests come near data x max_num_seqs; the tutorial leaves it off otherwise.",
    help="set enable_balance_scheduling: true in args.additional-config, or remove the variable",
    evidence=(
        Evidence(
            "vllm-project/vllm-ascend vllm_ascend/patch/platform/patch_balance_schedule.py",
            "0.21.0rc1: asks additional_config for enable_balance_scheduling and nothing else; 0.23.0 and 0.26.0rc1 "
            "ask for the variable, too",
        ),
        Evidence(
            "https://docs.vllm.ai/projects/ascend/en/v0.23.0/tutorials/models/MiniMax-M2.html",
            "9.2.2: on only when requests come near data x max_num_seqs, off in long context",
        ),
        Evidence(
            "vllm-project/vllm-ascend vllm_ascend/patch/__init__.py",
            "0.21.0rc1: its own comment names both ways",
            disagrees=True,
        ),
    ),
    bad="env: {VLLM_ASCEND_BALANCE_SCHEDULING: 1}",
    good="env: {VLLM_ASCEND_BALANCE_SCHEDULING: 0}",
    base="atlas",
    applies=lambda facts: facts.engine.name == "vllm-ascend" and is_within(facts.engine.version, "==0.21.0rc1"),
    check=_check,
)
