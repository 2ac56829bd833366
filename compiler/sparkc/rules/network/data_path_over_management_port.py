"""Tensors cross the management port, while the fast ports stand idle."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.network.data_path import is_management, socket_interface, uses_sockets
from sparkc.rules.places import one_per_place
from sparkc.rules.rule import Complaint, Evidence, Rule


def _is_distributed(facts: Facts) -> bool:
    return facts.talks_to_peers


def _check(_: Plan, facts: Facts) -> Iterator[Complaint]:
    for key, host in one_per_place(facts, "interconnect", "interface"):
        interface = socket_interface(host)
        if not (uses_sockets(host) and is_management(facts, interface)):
            continue
        assert facts.hardware is not None
        fast = ", ".join(f"{port.interface} ({port.speed_gbps} Gb/s)" for port in facts.hardware.fabric)
        yield Complaint(
            key,
            f"tensors go over {interface}, the management port of {facts.hardware.title}; "
            f"wanted one of its fabric ports: {fast or 'the catalog knows none'}",
        )


RULE = Rule(
    name="data-path-over-management-port",
    severity=Severity.WARNING,
    failure=Failure.SLOW,
    summary="tensor traffic between the nodes goes over the management port",
    why="Tensor parallelism exchanges activations in every layer. Without RDMA they take the socket interface, "
    "and on a DGX Spark enP7s7 is the RJ-45 port for ssh (10 Gb/s at most), not a 200 Gb/s port. Everything "
    "works and is slow: 6 instead of 10.5 tokens per second in one lab. As the bootstrap interface beside RoCE "
    "devices the same port is fine.",
    help="set interconnect to {kind: roce, interface: enp1s0f0np0, hca: [rocep1s0f0, roceP2p1s0f0]}, with the "
    "cabled port",
    evidence=(
        Evidence(
            "eugr/spark-vllm-docker docs/NETWORKING.md",
            "the ConnectX-7 ports are enp1s0f0np0, enp1s0f1np1 and their PCIe twins; enP7s7 is the RJ-45 port",
        ),
        Evidence(
            "tonyd2wild/Minimax-M3-NVFP-3x-DGX-Sparks-TP-3 README.md",
            "three Sparks over the management port gave about 6 tokens per second, over RoCE 10.5",
        ),
        Evidence(
            "NVIDIA/dgx-spark-playbooks pull request 103",
            "NCCL_SOCKET_IFNAME=enP7s7 only selects the bootstrap; the data path is pinned with NCCL_IB_HCA",
        ),
        Evidence(
            "https://al-engr.com/minimax-m2.7-dual-spark.html",
            "calls enP7s7 the 200G port and switches RDMA off; 12.4 tokens per second",
            disagrees=True,
        ),
    ),
    bad="interconnect: {kind: tcp, interface: enP7s7, hca: null, topology: null}",
    good="interconnect: {kind: roce, interface: enP7s7}",
    applies=_is_distributed,
    check=_check,
)
