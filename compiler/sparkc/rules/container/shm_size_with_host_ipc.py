"""A size for shared memory that is the host's."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.places import one_per_place
from sparkc.rules.rule import Complaint, Evidence, Rule
from sparkc.spec.sizes import in_gib


def check(plan: Plan, facts: Facts) -> Iterator[Complaint]:
    """Report hosts whose container has both."""
    for key, host in one_per_place(facts, "container", "shm_size"):
        size = host.container.shm_size
        if size is not None and host.container.ipc == "host":
            yield Complaint(
                key,
                f"found shm_size {in_gib(size)} and ipc host, wanted one of the two: /dev/shm is then the host's, and "
                "has the host's size",
                also=((facts.place(host, "container", "ipc"), "the host's is asked for here"),),
            )


RULE = Rule(
    name="shm-size-with-host-ipc",
    severity=Severity.ERROR,
    failure=Failure.CRASH,
    summary="one container engine refuses both, the other ignores the size",
    why="With the host's IPC namespace the container sees the host's /dev/shm. Podman ends with `cannot set shmsize "
    "when running in the host IPC Namespace`; Docker drops the size without a word, and the limit that somebody "
    "counted on does not exist.",
    help="keep ipc: host, or remove it and keep shm_size",
    evidence=(
        Evidence(
            "https://github.com/podman-container-tools/podman/issues/16632",
            "Podman 4.3: cannot set shmsize when running in the host IPC Namespace",
        ),
        Evidence(
            "https://github.com/Hal0ai/hal0/pull/715",
            "podman run --ipc=host --shm-size=8g exits with 125; Docker ignored the size",
        ),
        Evidence(
            "timothystewart6/vllm-gb10 examples/two-node-cluster/docker-compose.head.yaml",
            "a working Compose file with ipc host and shm_size 10.24gb: Docker ignores the latter",
            disagrees=True,
        ),
    ),
    check=check,
    bad="container: {ipc: host, shm_size: 16 GiB}",
    good="container: {shm_size: 16 GiB}",
    allowable=False,
)
