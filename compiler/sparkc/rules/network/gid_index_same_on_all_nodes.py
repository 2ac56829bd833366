"""One GID index for all nodes, although it is a fact of each."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.network.gid_index import common_gid_index
from sparkc.rules.rule import Complaint, Evidence, Rule


def _is_no_ring(facts: Facts) -> bool:
    # In a ring no index is right at all, and another rule says so.
    return facts.is_distributed and facts.interconnect.topology != "ring"


def _check(_: Plan, facts: Facts) -> Iterator[Complaint]:
    found = common_gid_index(facts)
    if found is not None:
        key, index = found
        yield Complaint(
            key, f"GID index {index} is set once for {len(facts.hosts)} nodes; wanted one per node, or none"
        )


RULE = Rule(
    name="gid-index-same-on-all-nodes",
    severity=Severity.WARNING,
    failure=Failure.HANG,
    summary="one GID index is set for all nodes",
    why="The table of GIDs belongs to one node's port: RoCE v2 over IPv4 was index 3 on some Sparks and 5 on "
    "others, and a new kernel reshuffles it. With a wrong index the queue pair times out. NCCL finds the right "
    "one by itself.",
    help="remove it, or set interconnect.gid_index at each host, as `show_gids` prints it there",
    evidence=(
        Evidence(
            "tonyd2wild/MiniMax-M3-AWQ-1M-NVFP4-KV-4x-DGX-Spark README.md",
            "the index is 3 on some of four nodes and 5 on others",
        ),
        Evidence(
            "MiaAI-Lab/DeepSeek-v4-Flash-DSpark-2x-DGX-Spark pull request 10", "the index moved with a new kernel"
        ),
        Evidence(
            "NVIDIA/nccl 2.31 src/transport/net_ib/connect.cc",
            "IB_GID_INDEX defaults to -1: NCCL chooses a RoCE v2 address itself",
        ),
        Evidence(
            "Avarok-Cybersecurity/dgx-vllm guide to MiniMax-M2.5-NVFP4",
            "sets index 3 on both nodes",
            disagrees=True,
        ),
        Evidence(
            "timothystewart6/vllm-gb10 examples/two-node-cluster/docker-compose.head.yaml",
            "sets index 3 on both nodes, to be checked with show_gids",
            disagrees=True,
        ),
    ),
    bad="interconnect: {gid_index: 3}",
    good="interconnect: {gid_index: null}",
    applies=_is_no_ring,
    check=_check,
)
