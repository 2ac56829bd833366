"""Two folders of the node are to appear at one place in the container."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.rule import Complaint, Evidence, Rule


def check(plan: Plan, facts: Facts) -> Iterator[Complaint]:
    """Report mounts of the author that take a place that is taken, each place once."""
    told: set[str] = set()
    for node, host in zip(plan.nodes, facts.hosts, strict=True):
        for container in node.containers:
            first: dict[str, str] = {}
            for mount in container.mounts:
                place = mount.to.rstrip("/") or "/"
                if place in first and place not in told:
                    told.add(place)
                    yield Complaint(
                        facts.place(host, "container", "files" if mount.kind == "file" else "mounts"),
                        f"found {mount.host} and {first[place]} at {place} on {node.name}, wanted one of them",
                    )
                first.setdefault(place, mount.host)


RULE = Rule(
    name="mount-point-used-twice",
    severity=Severity.ERROR,
    failure=Failure.CRASH,
    summary="two folders would appear at one place in the container",
    why="The container engine refuses to create such a container: `Duplicate mount point`. sparkc mounts the weights "
    "at their own path, and its caches below /cache.",
    help="mount the folder somewhere else in the container, or leave it out when sparkc mounts it already",
    evidence=(Evidence("moby/moby daemon/volumes.go", "a second mount at one target is refused"),),
    check=check,
    bad="container: {mounts: [{host: /srv/hub, to: /cache/huggingface}]}",
    good="container: {mounts: [{host: /srv/hub, to: /srv/hub}]}",
    allowable=False,
)
