"""GPUDirect RDMA must stay off on GB10."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.resolve.proposals import Proposal
from sparkc.rules.author_variables import variable_texts
from sparkc.rules.rule import Complaint, Evidence, Rule

VARIABLE = "NCCL_NET_GDR_LEVEL"
# NCCL takes the distance as a word or, as before, as a number; 0 and LOC are the same.
OFF = ("0", "LOC")


def _is_roce_on_gb10(facts: Facts) -> bool:
    machine = facts.hardware
    return (
        facts.is_distributed
        and facts.interconnect.kind == "roce"
        and machine is not None
        and machine.architecture == "sm_121"
    )


def _settle(_: Facts) -> Iterator[Proposal]:
    yield Proposal(
        ("env", VARIABLE), "0", "GPUDirect RDMA stays off (level 0): GB10 has none, and trying locked machines up"
    )


def _check(_: Plan, facts: Facts) -> Iterator[Complaint]:
    for word in variable_texts(facts, VARIABLE):
        if word.text not in OFF:
            yield Complaint(word.key, f"{VARIABLE} is {word.text}, wanted 0 (or LOC) on this machine")


RULE = Rule(
    name="gpu-direct-on",
    severity=Severity.WARNING,
    failure=Failure.HANG,
    summary="NCCL may try GPUDirect RDMA on a machine that has none",
    why="GB10 has no PCIe path over which the network adapter could write into GPU memory: both share one pool. "
    "NCCL may try all the same unless NCCL_NET_GDR_LEVEL is 0 or LOC, and the machine then locks up until it is "
    "power-cycled.",
    help="leave NCCL_NET_GDR_LEVEL out: sparkc sets it to 0",
    evidence=(
        Evidence(
            "timothystewart6/vllm-gb10 examples/two-node-cluster/docker-compose.head.yaml",
            "sets level 0: without it NCCL may attempt GPUDirect and hard-lock the machine",
        ),
        Evidence("tonyd2wild/Minimax-M3-NVFP-3x-DGX-Sparks-TP-3 m3vllm-roce.sh", "uses LOC on three Sparks"),
        Evidence(
            "https://github.com/christopherowen/dgx-spark-networking",
            "GPUDirect is simply not needed, so nothing is set",
            disagrees=True,
        ),
    ),
    bad="env: {NCCL_NET_GDR_LEVEL: PHB}",
    good="env: {NCCL_NET_GDR_LEVEL: LOC}",
    applies=_is_roce_on_gb10,
    settle=_settle,
    check=_check,
)
