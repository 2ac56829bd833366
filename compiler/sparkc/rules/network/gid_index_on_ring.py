"""A fixed GID index in a ring pairs ports that no cable joins."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.network.gid_index import gid_index
from sparkc.rules.rule import Complaint, Evidence, Rule


def _is_ring(facts: Facts) -> bool:
    return facts.interconnect.topology == "ring"


def _check(_: Plan, facts: Facts) -> Iterator[Complaint]:
    for key, index in dict.fromkeys(found for host in facts.hosts if (found := gid_index(facts, host))):
        yield Complaint(key, f"GID index {index} is fixed in a ring of {len(facts.hosts)} nodes; wanted none")


RULE = Rule(
    name="gid-index-on-ring",
    severity=Severity.WARNING,
    failure=Failure.HANG,
    summary="a GID index is fixed in a ring without a switch",
    why="In a ring each connection leaves through another port, and each port has a GID table of its own. A "
    "fixed index pairs the wrong cable, and the connection ends with error 110, connection timed out; "
    "NCCL_IB_ADDR_RANGE works only without it.",
    help="remove interconnect.gid_index and NCCL_IB_GID_INDEX; NCCL_IB_ADDR_RANGE may narrow the choice",
    evidence=(
        Evidence(
            "tonyd2wild/Minimax-M3-NVFP-3x-DGX-Sparks-TP-3 m3vllm-roce.sh",
            "three Sparks in a ring: the index must be unset for NCCL_IB_ADDR_RANGE to work",
        ),
        Evidence("NNNtrance/GLM-5.3-Flash-NVFP4-TP3-3x-DGX-Spark docs/01-cluster-setup.md", "the same on another ring"),
    ),
    bad="interconnect: {topology: ring, gid_index: 3}",
    good="interconnect: {topology: ring}",
    applies=_is_ring,
    check=_check,
)
