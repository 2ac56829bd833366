"""Experts are to be balanced, and they are not spread."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.engine_config import is_on, place
from sparkc.rules.rule import Complaint, Evidence, Rule

FLAG = "--enable-eplb"


def _check(plan: Plan, facts: Facts) -> Iterator[Complaint]:
    if not is_on(plan, FLAG):
        return
    if facts.expert == 1:
        yield Complaint(
            place(plan, facts, FLAG), f"found {FLAG} with parallelism.expert 1, wanted {facts.tensor * facts.data}"
        )
    elif facts.tensor * facts.data <= 1:
        yield Complaint(place(plan, facts, FLAG), f"found {FLAG} on one rank, wanted tensor x data above 1")


RULE = Rule(
    name="expert-balancing-without-experts-spread",
    severity=Severity.ERROR,
    failure=Failure.CRASH,
    summary="the load balancer of experts is on without expert parallelism",
    why="vLLM refuses while it builds its configuration: `enable_expert_parallel must be True to use EPLB`, or "
    "`EPLB requires tensor_parallel_size or data_parallel_size to be greater than 1`.",
    help="set parallelism.expert to tensor x data, or remove args.enable-eplb",
    evidence=(
        Evidence(
            "vllm-project/vllm vllm/config/parallel.py",
            "0.18.1: both raise",
        ),
    ),
    bad="args: {enable-eplb: true}",
    good="""
parallelism: {expert: 2}
args: {enable-eplb: true}
""",
    check=_check,
    allowable=False,
)
