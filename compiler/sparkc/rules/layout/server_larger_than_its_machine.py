"""One server of a data parallel rank needs more accelerators than a machine has."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.rule import Complaint, Evidence, Rule


def _check(_: Plan, facts: Facts) -> Iterator[Complaint]:
    if facts.ranks_per_server > facts.accelerators:
        yield Complaint(
            ("parallelism",),
            f"each data parallel rank takes {facts.ranks_per_server} accelerators, and its machine has "
            f"{facts.accelerators}",
            help=f"lower tensor x pipeline to {facts.accelerators}, or leave parallelism.data_mode out",
        )


RULE = Rule(
    name="server-larger-than-its-machine",
    severity=Severity.ERROR,
    failure=Failure.CRASH,
    summary="a data parallel rank with a server of its own does not fit on one machine",
    why="With parallelism.data_mode: external each rank is a server in one container, so that all of its accelerators "
    "stand in one machine. More hosts do not help. vLLM-Ascend ends with `local_world_size must be less than or equal "
    "to the number of visible devices`.",
    help="lower tensor x pipeline, or leave parallelism.data_mode out",
    evidence=(
        Evidence(
            "vllm-project/vllm-ascend vllm_ascend/worker/worker.py",
            "0.21.0rc1: the assertion about the visible devices",
        ),
        Evidence(
            "vllm-project/vllm-ascend docs/source/tutorials/features/pd_disaggregation_mooncake_multi_node.md",
            "0.21.0rc1: launch_online_dp.py gives each rank as many devices of its node as tensor parallel ranks",
        ),
    ),
    bad="roles: {prefill: {parallelism: {data: 1, expert: 8, pipeline: 4}}}",
    good="roles: {prefill: {parallelism: {data: 1, expert: 8, pipeline: 2}}}",
    base="separated",
    applies=lambda facts: facts.ranks_are_servers and facts.hardware is not None,
    check=_check,
    allowable=False,
)
