"""A container that may do everything that root may."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.places import one_per_place
from sparkc.rules.rule import Complaint, Evidence, Rule


def check(plan: Plan, facts: Facts) -> Iterator[Complaint]:
    """Report hosts whose container is privileged."""
    given = ", ".join(device.path for device in plan.head.containers[0].devices) or "no device"
    for key, host in one_per_place(facts, "container", "privileged"):
        if host.container.privileged:
            yield Complaint(
                key,
                f"found privileged, wanted the devices and capabilities that are needed ({given}): "
                "what runs in the container can change the node",
            )


RULE = Rule(
    name="container-privileged",
    severity=Severity.WARNING,
    failure=Failure.UNSAFE,
    summary="what runs in the container can do to the node whatever root can",
    why="A privileged container has every device, every capability and no seccomp profile: a bug of the server, or "
    "code that came with a checkpoint, owns the machine. One lab measured 24 instead of more than 40 tokens per second "
    "without it on GB10 and names no cause, so sparkc gives what RDMA needs (/dev/infiniband, locked memory) and "
    "leaves the rest to you.",
    help="remove container.privileged and measure; keep it where it is faster, on a node that does nothing else",
    evidence=(
        Evidence(
            "https://docs.docker.com/engine/containers/run/#runtime-privilege-and-linux-capabilities",
            "privileged: all devices, all capabilities, and nearly the access of a process outside of containers",
        ),
        Evidence(
            "eugr/spark-vllm-docker launch-cluster.sh",
            "a switch for containers without privileges, with IPC_LOCK and /dev/infiniband instead",
        ),
        Evidence(
            "https://github.com/timothystewart6/vllm-gb10/pull/24",
            "two GB10 nodes: more than 40 tokens per second with it, about 24 without (tested 2026-04-29)",
            disagrees=True,
        ),
        Evidence(
            "https://docs.vllm.ai/projects/ascend/en/latest/faqs.html",
            "where a container with --shm-size is refused on an Atlas, --privileged=true lets it start",
            disagrees=True,
        ),
    ),
    check=check,
    bad="container: {privileged: true}",
    good="container: {privileged: false}",
)
