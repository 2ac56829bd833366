"""A driver that is no member of its own Ray cluster sees one GPU."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.author_variables import variable_texts
from sparkc.rules.rule import Complaint, Evidence, Rule

VARIABLE = "RAY_ADDRESS"
CLIENT = "ray://"
OWN_CLUSTER = "local"


def check(plan: Plan, facts: Facts) -> Iterator[Complaint]:
    """Report an address that makes the driver a client, or lets it start a cluster of its own."""
    wanted = f"{plan.head.fabric.address}:{facts.ray_port}"
    for word in variable_texts(facts, VARIABLE):
        address = word.text or ""
        if address.startswith(CLIENT) or address == OWN_CLUSTER:
            what = "a client of the cluster" if address.startswith(CLIENT) else "alone in a cluster of its own"
            yield Complaint(
                word.key, f"found {VARIABLE} {address}, wanted {wanted}: the driver would be {what} and see 1 GPU"
            )


RULE = Rule(
    name="driver-outside-ray-cluster",
    severity=Severity.ERROR,
    failure=Failure.SILENT,
    summary="the engine would run on one node, and the other would be ignored without a word",
    why="With a `ray://` address Ray connects in client mode: vLLM's placement group sees the local GPU only, and the "
    "model runs on one node. Nothing is printed; throughput is that of one machine, or memory runs out. The port of a "
    "`ray://` address is another one besides (10001, not 6379).",
    help="remove RAY_ADDRESS: sparkc runs the driver in the head's container and sets the address itself",
    evidence=(
        Evidence(
            "https://al-engr.com/minimax-m2.7-dual-spark.html",
            "gotcha 1: single-GPU inference without an error with RAY_ADDRESS=ray://… (vLLM 0.18.1rc1, Ray 2.54.0)",
        ),
        Evidence(
            "https://github.com/Avarok-Cybersecurity/dgx-vllm",
            "guide to MiniMax-M2.5-NVFP4: serves inside the head's container with RAY_ADDRESS=10.10.10.1:6379",
        ),
        Evidence(
            "ray-project/ray python/ray/scripts/scripts.py", "2.54.0: --ray-client-server-port is 10001 by default"
        ),
    ),
    applies=lambda facts: facts.uses_ray,
    check=check,
    bad='env: {RAY_ADDRESS: "ray://10.0.0.1:6379"}',
    good='env: {RAY_ADDRESS: "10.0.0.1:6379"}',
)
