"""A ring of four or more nodes on which NCCL may connect nodes that are no neighbours."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.resolve.proposals import Proposal
from sparkc.rules.author_variables import variable_texts
from sparkc.rules.network.data_path import is_cabled_ring
from sparkc.rules.rule import Complaint, Evidence, Rule

VARIABLE = "NCCL_ALGO"
WANTED = "Ring"


def _settle(facts: Facts) -> Iterator[Proposal]:
    yield Proposal(("env", VARIABLE), WANTED, f"a ring of {len(facts.hosts)}: other algorithms ask for absent cables")


def _check(_: Plan, facts: Facts) -> Iterator[Complaint]:
    for word in variable_texts(facts, VARIABLE):
        if WANTED.lower() not in (word.text or "").lower():
            yield Complaint(
                word.key,
                f"found {VARIABLE} {word.text} on a ring of {len(facts.hosts)} nodes, wanted {WANTED}",
            )


RULE = Rule(
    name="ring-without-ring-algorithm",
    severity=Severity.WARNING,
    failure=Failure.HANG,
    summary="NCCL may choose an algorithm that connects nodes without a cable between them",
    why="In a ring of four a node has no cable to the one opposite. NCCL's trees and PAT connect to it all the same, "
    "and the queue pair times out; its ring, with the ranks in the order of the cables, asks for neighbours alone.",
    help="set NCCL_ALGO to Ring, or leave it out and sparkc sets it",
    evidence=(
        Evidence(
            "eugr/spark-vllm-docker docs/NETWORKING.md",
            "a ring of four: NCCL's own choice timed out between nodes that are no neighbours; Ring is forced",
        ),
        Evidence(
            "christopherowen/dgx-spark-networking docs/nccl.md",
            "NCCL 2.30.7: NCCL_ALGO=Ring keeps traffic on the edges; eager connects try trees and PAT as well",
        ),
    ),
    bad="""
env: {NCCL_ALGO: Tree}
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
env: {NCCL_ALGO: Ring}
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
    applies=lambda facts: is_cabled_ring(facts, 4),
    settle=_settle,
    check=_check,
)
