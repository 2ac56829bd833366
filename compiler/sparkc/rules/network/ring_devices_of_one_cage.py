"""A node of a ring is given the devices of one of its two cables."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.network.data_path import cages, is_cabled_ring, rdma_is_disabled
from sparkc.rules.places import one_per_place
from sparkc.rules.rule import Complaint, Evidence, Rule


def _check(_: Plan, facts: Facts) -> Iterator[Complaint]:
    for key, host in one_per_place(facts, "interconnect", "hca"):
        if len(cages(facts, host)) == 1 and not rdma_is_disabled(host):
            yield Complaint(
                key,
                f"found devices of one cage in a ring of {len(facts.hosts)}, wanted those of both: each leads to one "
                "neighbour",
            )


RULE = Rule(
    name="ring-devices-of-one-cage",
    severity=Severity.WARNING,
    failure=Failure.HANG,
    summary="NCCL is given one of the two ports that a ring needs",
    why="A node of a ring reaches one neighbour through each cage. With the devices of one cage NCCL finds no way to "
    "the other neighbour, and the connection times out: `ibv_modify_qp failed with error 110`.",
    help="name devices of both cages in interconnect.hca: [rocep1s0f0, roceP2p1s0f0, rocep1s0f1, roceP2p1s0f1]",
    evidence=(
        Evidence(
            "eugr/spark-vllm-docker docs/NETWORKING.md",
            "rings of three and more: NCCL_IB_HCA names all four devices",
        ),
        Evidence(
            "https://github.com/tonyd2wild/Minimax-M3-NVFP-3x-DGX-Sparks-TP-3",
            "three Sparks: one device of each cage",
        ),
    ),
    bad="""
interconnect: {topology: ring, hca: [rocep1s0f0, roceP2p1s0f0]}
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
interconnect: {topology: ring, hca: [rocep1s0f0, roceP2p1s0f0, rocep1s0f1, roceP2p1s0f1]}
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
