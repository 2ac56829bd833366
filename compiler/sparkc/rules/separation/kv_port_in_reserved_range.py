"""KV ports where Mooncake takes ports at random."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.rule import Complaint, Evidence, Rule
from sparkc.rules.separation.kv_ports import in_words, kv_ports, touch, way_out
from sparkc.rules.separation.sides import uses_mooncake

FIRST, EACH = 20000, 1000
"""Mooncake's own ports: the first, and how many there are for each NPU of a machine."""


def _check(_: Plan, facts: Facts) -> Iterator[Complaint]:
    assert facts.side is not None
    ports, reserved = kv_ports(facts), range(FIRST, FIRST + EACH * facts.accelerators)
    if touch(ports, reserved):
        yield Complaint(
            ("kv_transfer", "ports", facts.side),
            f"KV ports {in_words(ports)} touch {in_words(reserved)}, where Mooncake takes ports at random on "
            f"{facts.accelerators} NPUs",
            help=way_out(facts, facts.side),
        )


RULE = Rule(
    name="kv-port-in-reserved-range",
    severity=Severity.WARNING,
    failure=Failure.CRASH,
    summary="the KV ports lie where Mooncake takes ports at random",
    why="On each machine Mooncake's transport binds ports that it draws from 1000 for each NPU, from 20000 on. Now and "
    "then it draws one that a rank needs for the hand-over, and the start ends with `zmq.error.ZMQError: Address "
    "already in use` and `KV Cache sending/receiving thread failed to start`, after the weights were loaded.",
    help="move kv_transfer.ports above 60999",
    evidence=(
        Evidence(
            "vllm-project/vllm-ascend docs/source/tutorials/features/pd_disaggregation_mooncake_multi_node.md",
            "0.21.0rc1, kv_port Configuration Guide: 20000 to 27999 on 8 NPUs, 20000 to 35999 on 16",
        ),
        Evidence(
            "vllm-project/vllm-ascend pull request 6455", "the failure and the range, read in Mooncake 0.3.7.post2"
        ),
        Evidence(
            "https://docs.vllm.ai/projects/ascend/en/v0.23.0/tutorials/models/MiniMax-M2.html",
            "5.2 takes kv_port 35880 for the prefill side, on 16 NPUs",
            disagrees=True,
        ),
        Evidence(
            "vllm-project/vllm-ascend issue 14263",
            "newer Mooncake takes 100 ports for each NPU, so 20000 to 21599 on 16; the guide is not changed yet",
            disagrees=True,
        ),
    ),
    bad="kv_transfer: {ports: {prefill: 30000}}",
    good="kv_transfer: {ports: {prefill: 61000}}",
    base="separated",
    applies=uses_mooncake,
    check=_check,
)
