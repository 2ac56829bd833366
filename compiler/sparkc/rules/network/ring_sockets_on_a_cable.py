"""The nodes of a ring are to meet over a port that reaches one neighbour."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.network.data_path import is_cabled_ring, socket_interface
from sparkc.rules.places import one_per_place
from sparkc.rules.rule import Complaint, Evidence, Rule


def _check(_: Plan, facts: Facts) -> Iterator[Complaint]:
    assert facts.hardware is not None
    cabled = {port.interface for port in facts.hardware.fabric}
    wanted = " or ".join(facts.hardware.management) or "one that all nodes share"
    for key, host in one_per_place(facts, "interconnect", "interface"):
        interface = socket_interface(host)
        if interface in cabled:
            yield Complaint(
                key,
                f"found {interface} for the sockets of a ring of {len(facts.hosts)}, wanted {wanted}: a cabled port "
                "reaches one neighbour",
            )


RULE = Rule(
    name="ring-sockets-on-a-cable",
    severity=Severity.WARNING,
    failure=Failure.HANG,
    summary="the nodes of a ring meet over a port that not all of them share",
    why="In a ring each cable is a network of two. The bootstrap of NCCL, Gloo and Ray goes between all nodes, and on "
    "such a port waits for those that stand on other cables. The tensors need no such network: they go over "
    "interconnect.hca.",
    help="set interconnect.interface to the port of the network that all nodes share, and each host's address to its "
    "own on it",
    evidence=(
        Evidence(
            "eugr/spark-vllm-docker docs/NETWORKING.md",
            "three Sparks in a mesh must share a wired network over their RJ-45 ports, and use it out of band; rings "
            "of four likewise",
        ),
        Evidence(
            "https://github.com/tonyd2wild/Minimax-M3-NVFP-3x-DGX-Sparks-TP-3",
            "three Sparks in a ring: sockets over enP7s7, data over one RDMA device to each neighbour",
        ),
        Evidence(
            "NNNtrance/GLM-5.3-Flash-NVFP4-TP3-3x-DGX-Spark docs/03-launch-and-flags.md",
            "three Sparks: sockets over enP7s7, the master's address is the one there, never one of the fabric",
        ),
    ),
    bad="""
interconnect: {topology: ring, interface: enp1s0f0np0}
engine: {executor: mp}
parallelism: {tensor: 4}
nodes:
  hosts:
    - {name: spark-1, address: 10.0.0.1}
    - {name: spark-2, address: 10.0.0.2}
    - {name: spark-3, address: 10.0.0.3}
    - {name: spark-4, address: 10.0.0.4}
""",
    good="""
interconnect: {topology: ring, interface: enP7s7}
engine: {executor: mp}
parallelism: {tensor: 4}
nodes:
  hosts:
    - {name: spark-1, address: 10.0.0.1}
    - {name: spark-2, address: 10.0.0.2}
    - {name: spark-3, address: 10.0.0.3}
    - {name: spark-4, address: 10.0.0.4}
""",
    applies=lambda facts: is_cabled_ring(facts, 3),
    check=_check,
)
