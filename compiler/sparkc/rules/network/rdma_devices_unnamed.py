"""RoCE is wanted, and nobody says over which RDMA devices."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.network.data_path import rdma_devices, rdma_is_disabled
from sparkc.rules.places import one_per_place
from sparkc.rules.rule import Complaint, Evidence, Rule


def _is_distributed(facts: Facts) -> bool:
    return facts.is_distributed


def _check(_: Plan, facts: Facts) -> Iterator[Complaint]:
    for key, host in one_per_place(facts, "interconnect", "hca"):
        if host.interconnect.kind == "roce" and rdma_devices(host) == () and not rdma_is_disabled(host):
            known = ", ".join(port.hca for port in facts.hardware.fabric) if facts.hardware else ""
            yield Complaint(
                key,
                f"interconnect.kind is roce, but interconnect.hca names no device for {host.name}; wanted those of the "
                "cabled port" + (f", out of {known}" if known else ""),
            )


RULE = Rule(
    name="rdma-devices-unnamed",
    severity=Severity.WARNING,
    failure=Failure.CRASH,
    summary="interconnect.kind is roce, but interconnect.hca is empty",
    why="NCCL then takes every RDMA device that it finds. With one cable two of the four devices of a DGX Spark "
    "are down, and NCCL ends with `unhandled system error`; where it finds none it falls back to sockets without "
    "a word.",
    help="name the devices that `ibdev2netdev` shows as Up in interconnect.hca, both PCIe twins of the port",
    evidence=(
        Evidence(
            "https://github.com/sfxnz/GLM-5.3-Flash-NVFP4-vLLM-2x",
            "two of four devices are down on a two-node setup; without NCCL_IB_HCA NCCL ends with unhandled "
            "system error",
        ),
        Evidence(
            "NNNtrance/GLM-5.3-Flash-NVFP4-TP3-3x-DGX-Spark docs/01-cluster-setup.md",
            "checks the number of active RDMA ports before a launch",
        ),
    ),
    bad="interconnect: {hca: null}",
    good="interconnect: {hca: [rocep1s0f0, roceP2p1s0f0]}",
    applies=_is_distributed,
    check=_check,
)
