"""Only one of the two PCIe halves behind a cabled port is used."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.catalog.hardware import Hardware
from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.network.data_path import rdma_devices, rdma_is_disabled
from sparkc.rules.places import one_per_place
from sparkc.rules.rule import Complaint, Evidence, Rule


def _has_ports_and_no_ring(facts: Facts) -> bool:
    # In a ring each half may lead to another neighbour, so a missing twin says nothing.
    return facts.is_distributed and facts.hardware is not None and facts.interconnect.topology != "ring"


def _check(_: Plan, facts: Facts) -> Iterator[Complaint]:
    assert facts.hardware is not None
    for key, host in one_per_place(facts, "interconnect", "hca"):
        devices = rdma_devices(host)
        if host.interconnect.kind != "roce" or not devices or rdma_is_disabled(host):
            continue
        for device in devices:
            twin = _twin(facts.hardware, device)
            # NCCL compares by prefix, so that `roce` names them all.
            if twin is not None and not any(twin.startswith(named) for named in devices):
                yield Complaint(
                    key,
                    f"{device} is one PCIe half of its port, about 15.75 GB/s at most; wanted {twin} beside it",
                    help=f"set interconnect.hca to [{', '.join((*devices, twin))}]",
                )


def _twin(hardware: Hardware, device: str) -> str | None:
    """Return the RDMA device of the other half behind the same cage."""
    port = next((port for port in hardware.fabric if port.hca == device), None)
    other = hardware.port(port.twin) if port and port.twin else None
    return other.hca if other else None


RULE = Rule(
    name="one-rdma-twin-only",
    severity=Severity.WARNING,
    failure=Failure.SLOW,
    summary="only one of the two RDMA devices behind a port is named",
    why="The ConnectX-7 of a DGX Spark hangs off two PCIe Gen5 x4 links, so that each cage shows up as two "
    "devices. One alone carries about 100 of the 200 Gb/s: 13.9 GB/s for NCCL, 22 GB/s with both.",
    help="name both twins in interconnect.hca, and give each its own subnet",
    evidence=(
        Evidence(
            "eugr/spark-vllm-docker docs/NETWORKING.md",
            "each twin is PCIe 5 x4, about 111 Gb/s; NCCL_IB_HCA must name both",
        ),
        Evidence(
            "https://github.com/guardkit/dgx-spark",
            "one half gives 13.9 GB/s to NCCL, both about 22 GB/s of all-gather bandwidth",
        ),
    ),
    bad="interconnect: {hca: [rocep1s0f0]}",
    good="interconnect: {hca: [rocep1s0f0, roceP2p1s0f0]}",
    applies=_has_ports_and_no_ring,
    check=_check,
)
