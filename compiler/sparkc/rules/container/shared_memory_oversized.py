"""Shared memory comes out of the pool that the model needs."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.places import one_per_place
from sparkc.rules.rule import Complaint, Evidence, Rule
from sparkc.spec.sizes import GIB, in_gib

LARGEST = 32 * GIB
"""The largest default of a published launcher for this machine."""


def check(plan: Plan, facts: Facts) -> Iterator[Complaint]:
    """Report a /dev/shm above 32 GiB."""
    for key, host in one_per_place(facts, "container", "shm_size"):
        size = host.container.shm_size
        if size is not None and size > LARGEST:
            yield Complaint(
                key,
                f"found shm_size {in_gib(size)}, wanted {in_gib(LARGEST)} at most: what is written there is missing "
                f"from the {in_gib(plan.head.memory.total)} of the node",
            )


RULE = Rule(
    name="shared-memory-oversized",
    severity=Severity.NOTE,
    failure=Failure.OOM,
    summary="shared memory may grow into the memory that the model needs",
    why="/dev/shm is memory. On unified memory its limit is a share of the accelerator's pool, and nothing else holds "
    "back a process that fills it.",
    help="set container.shm_size to 16 GiB, or leave it out and sparkc shares the host's",
    evidence=(
        Evidence(
            "timothystewart6/vllm-gb10 examples/two-node-cluster/docker-compose.head.yaml",
            "10.24 GB on each of two nodes that serve MiniMax M2.7",
        ),
        Evidence("https://github.com/spark-arena/sparkrun", "32 GB by default"),
    ),
    applies=lambda facts: facts.is_unified,
    check=check,
    bad="container: {shm_size: 64 GiB}",
    good="container: {shm_size: 16 GiB}",
)
