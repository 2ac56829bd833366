"""The spec wants RoCE, and a variable switches RDMA off."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.network.data_path import rdma_is_disabled
from sparkc.rules.places import one_per_place
from sparkc.rules.rule import Complaint, Evidence, Rule


def _is_distributed(facts: Facts) -> bool:
    return facts.is_distributed


def _check(_: Plan, facts: Facts) -> Iterator[Complaint]:
    for key, host in one_per_place(facts, "env", "NCCL_IB_DISABLE"):
        if host.interconnect.kind == "roce" and rdma_is_disabled(host):
            yield Complaint(
                key,
                "NCCL_IB_DISABLE keeps NCCL from RDMA, and interconnect.kind is roce; wanted one of the two",
                also=((facts.place(host, "interconnect", "kind"), "RoCE is asked for here"),),
            )


RULE = Rule(
    name="rdma-disabled",
    severity=Severity.WARNING,
    failure=Failure.SLOW,
    summary="NCCL_IB_DISABLE switches off the RDMA that interconnect.kind asks for",
    why="NCCL_IB_DISABLE=1 does not switch to Gloo, as is often written: NCCL goes on, over TCP sockets. On two "
    "DGX Sparks that cost a factor of four at four requests.",
    help="remove NCCL_IB_DISABLE, or say interconnect.kind: tcp",
    evidence=(
        Evidence(
            "timothystewart6/vllm-gb10 pull request 24",
            "NCCL_IB_DISABLE=1: 10 instead of 43 tokens per second at four requests",
        ),
        Evidence(
            "vllm-project/vllm vllm/platforms/cuda.py",
            "0.18.1: dist_backend is nccl: device tensors never go through Gloo",
        ),
        Evidence(
            "https://al-engr.com/minimax-m2.7-dual-spark.html",
            "disables InfiniBand on two Sparks, because NCCL did not work there",
            disagrees=True,
        ),
        Evidence(
            "Avarok-Cybersecurity/dgx-vllm guide to MiniMax-M2.5-NVFP4, Optimization History",
            "13.7 tokens per second with RDMA switched off, no change in that setup",
            disagrees=True,
        ),
    ),
    bad='env: {NCCL_IB_DISABLE: "1"}',
    good='env: {NCCL_IB_DISABLE: "0"}',
    applies=_is_distributed,
    check=_check,
)
