"""A private IPC namespace comes with 64 MB of shared memory."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.places import one_per_place
from sparkc.rules.rule import Complaint, Evidence, Rule


def check(plan: Plan, facts: Facts) -> Iterator[Complaint]:
    """Report private namespaces without a size for /dev/shm."""
    for key, host in one_per_place(facts, "container", "ipc"):
        if host.container.ipc == "private" and host.container.shm_size is None:
            yield Complaint(
                key, "found ipc private without shm_size, wanted 10 to 16 GiB: the container engine gives it 64 MB"
            )


RULE = Rule(
    name="private-shared-memory-too-small",
    severity=Severity.WARNING,
    failure=Failure.CRASH,
    summary="workers exchange tensors through 64 MB of shared memory",
    why="PyTorch's processes, Ray's object store and NCCL use /dev/shm. With 64 MB a worker ends with a bus error or "
    "`No space left on device`, often only under load.",
    help="leave container.ipc out (sparkc shares the host's), or set container.shm_size to 16 GiB",
    evidence=(
        Evidence(
            "https://docs.vllm.ai/en/latest/serving/deploying_with_docker.html",
            "either --ipc=host or --shm-size, above all for tensor parallel inference",
        ),
        Evidence(
            "eugr/spark-vllm-docker run-cluster-node.sh", "10 to 16 GB are enough; more is wasted on unified memory"
        ),
    ),
    check=check,
    bad="container: {ipc: private}",
    good="container: {ipc: private, shm_size: 16 GiB}",
)
