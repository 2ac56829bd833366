"""KV ports where Linux takes the local ports of outgoing connections."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.rule import Complaint, Evidence, Rule
from sparkc.rules.separation.kv_ports import EPHEMERAL, in_words, kv_ports, touch, way_out
from sparkc.rules.separation.sides import is_apart


def _check(_: Plan, facts: Facts) -> Iterator[Complaint]:
    assert facts.side is not None
    ports = kv_ports(facts)
    if touch(ports, EPHEMERAL):
        yield Complaint(
            ("kv_transfer", "ports", facts.side),
            f"KV ports {in_words(ports)} touch {in_words(EPHEMERAL)}, from which Linux gives outgoing connections "
            "their ports",
            help=way_out(facts, facts.side),
        )


RULE = Rule(
    name="kv-port-in-ephemeral-range",
    severity=Severity.WARNING,
    failure=Failure.CRASH,
    summary="the KV ports lie where Linux takes ports for outgoing connections",
    why="Any connection that a program opens on the machine may get one of these ports as its own end. A rank that "
    "wants it for the hand-over then ends with `zmq.error.ZMQError: Address already in use`, at one start in many.",
    help="move kv_transfer.ports above 60999; or keep Linux away from them with the sysctl "
    "net.ipv4.ip_local_reserved_ports, and allow this rule",
    evidence=(
        Evidence(
            "https://docs.kernel.org/networking/ip-sysctl.html",
            "ip_local_port_range: 32768 to 60999 by default; ip_local_reserved_ports takes ports out of it",
        ),
        Evidence(
            "vllm-project/vllm-ascend issue 8938", "the failure does not come back with kv_port 60000 instead of 20002"
        ),
        Evidence(
            "vllm-project/vllm-ascend docs/source/tutorials/features/pd_disaggregation_mooncake_multi_node.md",
            "0.21.0rc1: advises 36000 or more on 16 NPUs, which only looks at Mooncake's own range",
            disagrees=True,
        ),
        Evidence(
            "https://docs.vllm.ai/projects/ascend/en/v0.23.0/tutorials/models/MiniMax-M2.html",
            "5.2 takes 35880 and 56900",
            disagrees=True,
        ),
    ),
    bad="kv_transfer: {ports: {decode: 40000}}",
    good="kv_transfer: {ports: {decode: 61100}}",
    base="separated",
    applies=is_apart,
    check=_check,
)
