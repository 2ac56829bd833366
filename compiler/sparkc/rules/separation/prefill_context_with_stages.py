"""Prefill context parallelism on a side that is cut into pipeline stages."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.engine_config import place
from sparkc.rules.rule import Complaint, Evidence, Rule

FLAG = "--prefill-context-parallel-size"


def _check(plan: Plan, facts: Facts) -> Iterator[Complaint]:
    if facts.pipeline > 1 and facts.prefill_context > 1:
        yield Complaint(
            place(plan, facts, FLAG),
            f"{FLAG} is {facts.prefill_context} with {facts.pipeline} pipeline stages; wanted one of them to be 1",
        )


RULE = Rule(
    name="prefill-context-with-stages",
    severity=Severity.ERROR,
    failure=Failure.CRASH,
    summary="Mooncake's connector takes pipeline stages or prefill context parallelism, not both",
    why="The connector counts a rank's port from its stage or from its context group. With both it ends while it is "
    "made: `pp and pcp cannot open in same time`.",
    help="remove args.prefill-context-parallel-size, or set parallelism.pipeline to 1",
    evidence=(
        Evidence(
            "vllm-project/vllm-ascend vllm_ascend/distributed/kv_transfer/kv_p2p/mooncake_connector.py",
            "0.21.0rc1, MooncakeConnectorWorker: the assertion",
        ),
    ),
    bad="""
parallelism: {tensor: 4, data: 1, expert: 4, data_mode: internal}
roles: {prefill: {parallelism: {pipeline: 2}, args: {prefill-context-parallel-size: 2}}}
""",
    good="""
parallelism: {tensor: 4, data: 1, expert: 4, data_mode: internal}
roles: {prefill: {args: {prefill-context-parallel-size: 2}}}
""",
    base="separated",
    applies=lambda facts: facts.kv_transfer.connector == "MooncakeConnectorV1",
    check=_check,
    allowable=False,
)
