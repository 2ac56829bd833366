"""More ranks than accelerators."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.rule import Complaint, Evidence, Rule


def _knows_the_machines(facts: Facts) -> bool:
    # More hosts do not help a server that is larger than its machine: another rule says so.
    stands_on_one = facts.ranks_are_servers and facts.ranks_per_server > facts.accelerators
    return facts.hardware is not None and not stands_on_one


def _check(_: Plan, facts: Facts) -> Iterator[Complaint]:
    there = len(facts.hosts) * facts.accelerators
    if facts.world_size > there:
        yield Complaint(
            ("parallelism",),
            f"{facts.ranks_in_words} makes {facts.world_size} ranks; "
            f"{len(facts.hosts)} x {facts.accelerators} accelerators make {there}",
            help=f"name {facts.world_size // facts.accelerators} hosts, or lower parallelism to {there} ranks"
            if facts.world_size % facts.accelerators == 0
            else f"lower parallelism to {there} ranks",
        )


RULE = Rule(
    name="ranks-exceed-accelerators",
    severity=Severity.ERROR,
    failure=Failure.CRASH,
    summary="the parallel sizes ask for more accelerators than there are",
    why="Each rank needs an accelerator of its own; a DGX Spark has one. vLLM ends with `World size is larger "
    "than the number of available GPUs`, or waits for a Ray cluster that never has enough: `Cannot provide a "
    "placement group`.",
    help="lower parallelism, or add hosts",
    evidence=(
        Evidence(
            "vllm-project/vllm vllm/config/parallel.py", "0.18.1: refuses a world size above the number of local GPUs"
        ),
        Evidence(
            "vllm-project/vllm vllm/v1/executor/ray_utils.py", "0.18.1: waits for a placement group, then gives up"
        ),
        Evidence("eugr/spark-vllm-docker README.md", "its launcher refuses fewer nodes than tensor x pipeline x data"),
    ),
    bad="parallelism: {tensor: 4}",
    good="parallelism: {tensor: 2}",
    applies=_knows_the_machines,
    check=_check,
    allowable=False,
)
