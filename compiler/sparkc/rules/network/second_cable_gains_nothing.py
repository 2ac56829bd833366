"""Two nodes joined by two cables, which carry no more than one."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.network.data_path import cages, rdma_is_disabled
from sparkc.rules.places import one_per_place
from sparkc.rules.rule import Complaint, Evidence, Rule


def _joins_two(facts: Facts) -> bool:
    return len(facts.hosts) == 2 and facts.hardware is not None and facts.interconnect.topology == "direct"


def _check(_: Plan, facts: Facts) -> Iterator[Complaint]:
    for key, host in one_per_place(facts, "interconnect", "hca"):
        found = cages(facts, host)
        if len(found) > 1 and not rdma_is_disabled(host):
            yield Complaint(
                key,
                f"found devices of {len(found)} cages, wanted those of one: both hang off the same two PCIe links",
            )


RULE = Rule(
    name="second-cable-gains-nothing",
    severity=Severity.NOTE,
    failure=Failure.SLOW,
    summary="a second cable between two nodes brings no bandwidth",
    why="The two cages of a DGX Spark share one pair of PCIe Gen5 x4 links, and one cable fills both. A second one is "
    "one more thing that can come loose, and needs two more networks.",
    help="name the two devices of one cage in interconnect.hca and unplug the other cable",
    evidence=(
        Evidence(
            "eugr/spark-vllm-docker docs/NETWORKING.md",
            "two Sparks over both ports show no noticeable gain; each port shares the same pair of x4 links",
        ),
    ),
    bad="interconnect: {hca: [rocep1s0f0, roceP2p1s0f0, rocep1s0f1, roceP2p1s0f1]}",
    good="interconnect: {hca: [rocep1s0f0, roceP2p1s0f0]}",
    applies=_joins_two,
    check=_check,
)
