"""Sockets carry the tensors, although the machine has RDMA ports."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.network.data_path import is_management, socket_interface
from sparkc.rules.places import one_per_place
from sparkc.rules.rule import Complaint, Evidence, Rule


def _has_rdma_ports(facts: Facts) -> bool:
    return facts.is_distributed and facts.hardware is not None and bool(facts.hardware.fabric)


def _check(_: Plan, facts: Facts) -> Iterator[Complaint]:
    assert facts.hardware is not None
    for key, host in one_per_place(facts, "interconnect", "kind"):
        # Over the management port it is worse, and another rule says so.
        if host.interconnect.kind == "tcp" and not is_management(facts, socket_interface(host)):
            devices = ", ".join(port.hca for port in facts.hardware.fabric)
            yield Complaint(
                key,
                f"interconnect.kind is tcp, but {facts.hardware.title} has the RDMA devices {devices}; wanted roce",
            )


RULE = Rule(
    name="sockets-instead-of-rdma",
    severity=Severity.WARNING,
    failure=Failure.SLOW,
    summary="plain sockets are used although the machine has RDMA ports",
    why="Over sockets each exchange of activations passes the kernel twice; with RDMA the adapter does it. On "
    "two DGX Sparks four requests at once gave 10 tokens per second without RDMA and 43 with it.",
    help="set interconnect.kind to roce and name the devices of the cabled port in interconnect.hca",
    evidence=(
        Evidence(
            "timothystewart6/vllm-gb10 pull request 24",
            "NCCL_IB_DISABLE=1: 10 instead of 43 tokens per second at four requests",
        ),
        Evidence(
            "Avarok-Cybersecurity/dgx-vllm guide to MiniMax-M2.5-NVFP4, Optimization History",
            "13.7 tokens per second with RDMA switched off, no change in that setup",
            disagrees=True,
        ),
    ),
    bad="interconnect: {kind: tcp, hca: null, topology: null}",
    good="interconnect: {kind: roce}",
    applies=_has_rdma_ports,
    check=_check,
)
