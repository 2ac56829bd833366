"""A ring of cables on which NCCL pairs ports that no cable joins."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.catalog.versions import is_within
from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.resolve.proposals import Proposal
from sparkc.rules.author_variables import variable_texts
from sparkc.rules.network.data_path import is_cabled_ring
from sparkc.rules.rule import Complaint, Evidence, Rule

ROUTING, MERGING, PLUGIN = "NCCL_IB_SUBNET_AWARE_ROUTING", "NCCL_IB_MERGE_NICS", "NCCL_NET_PLUGIN"
BUILT_IN = ("none", "")
FIRST = "2.30"
"""The NCCL that brings the routing."""


def _settle(facts: Facts) -> Iterator[Proposal]:
    if _has_a_plugin_of_its_own(facts):
        return
    size = len(facts.hosts)
    yield Proposal(("env", ROUTING), "1", f"a ring of {size}: each cable is a network of its own, NCCL {FIRST} knows")
    yield Proposal(("env", MERGING), "0", f"a ring of {size}: the ports of a node lead to different neighbours")
    yield Proposal(("env", PLUGIN), "none", "the routing is in NCCL's own transport, not in a plug-in of the image")


def _check(_: Plan, facts: Facts) -> Iterator[Complaint]:
    if _has_a_plugin_of_its_own(facts):
        return
    for word in variable_texts(facts, ROUTING):
        if word.text == "0":
            yield Complaint(word.key, f"found {ROUTING} 0 on a ring of {len(facts.hosts)}, wanted 1")
    if facts.engine.nccl is not None and is_within(facts.engine.nccl, f"<{FIRST}"):
        yield Complaint(
            ("engine", "nccl"),
            f"found NCCL {facts.engine.nccl} on a ring of {len(facts.hosts)}, wanted {FIRST} or newer: {ROUTING} came "
            "with it",
        )


def _has_a_plugin_of_its_own(facts: Facts) -> bool:
    return any(word.text not in BUILT_IN for word in variable_texts(facts, PLUGIN))


RULE = Rule(
    name="ring-without-subnet-routing",
    severity=Severity.WARNING,
    failure=Failure.HANG,
    summary="NCCL is not told to pair the ports of a ring by their networks",
    why="Without a switch a port reaches one neighbour. NCCL gives channels to devices in turn, and connects a port "
    "to one that no cable joins it with: `ibv_modify_qp failed with error 110`, connection timed out. From 2.30 on "
    "it can look for the device that stands in the peer's network.",
    help="load NCCL 2.30 or newer and leave the three variables out: sparkc sets them",
    evidence=(
        Evidence(
            "eugr/spark-vllm-docker docs/NETWORKING.md",
            "rings of three and more: NCCL_NET_PLUGIN=none, NCCL_IB_SUBNET_AWARE_ROUTING=1, NCCL_IB_MERGE_NICS=0",
        ),
        Evidence(
            "https://github.com/tonyd2wild/Minimax-M3-NVFP-3x-DGX-Sparks-TP-3",
            "three Sparks: error 110 with NCCL 2.29.7, which lacks the routing; 6 became 10.5 tok/s with 2.30.7",
        ),
        Evidence(
            "christopherowen/dgx-spark-networking docs/nccl.md",
            "the same routing with merged devices, on a ring of four",
            disagrees=True,
        ),
        Evidence(
            "NNNtrance/GLM-5.3-Flash-NVFP4-TP3-3x-DGX-Spark docs/03-launch-and-flags.md",
            "three Sparks with a mesh plug-in for NCCL 2.29.7 instead",
            disagrees=True,
        ),
    ),
    bad="""
env: {NCCL_IB_SUBNET_AWARE_ROUTING: "0"}
engine: {executor: mp}
interconnect: {topology: ring}
parallelism: {tensor: 4}
nodes:
  hosts:
    - {name: spark-1, address: 10.0.0.1}
    - {name: spark-2, address: 10.0.0.2}
    - {name: spark-3, address: 10.0.0.3}
    - {name: spark-4, address: 10.0.0.4}
""",
    good="""
env: {NCCL_IB_SUBNET_AWARE_ROUTING: "1"}
engine: {executor: mp}
interconnect: {topology: ring}
parallelism: {tensor: 4}
nodes:
  hosts:
    - {name: spark-1, address: 10.0.0.1}
    - {name: spark-2, address: 10.0.0.2}
    - {name: spark-3, address: 10.0.0.3}
    - {name: spark-4, address: 10.0.0.4}
""",
    applies=lambda facts: is_cabled_ring(facts, 3),
    settle=_settle,
    check=_check,
)
