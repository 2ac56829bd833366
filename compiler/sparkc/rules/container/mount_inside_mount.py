"""A mount inside another one hides what the outer one brings there."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import Failure, KeyPath, Severity
from sparkc.plan import Mount, Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.rule import Complaint, Evidence, Rule


def _check(plan: Plan, facts: Facts) -> Iterator[Complaint]:
    told: set[tuple[str, str]] = set()
    for node, host in zip(plan.nodes, facts.hosts, strict=True):
        for container in node.containers:
            for inner, outer in _nested(container.mounts):
                if (inner.to, outer.to) not in told:
                    told.add((inner.to, outer.to))
                    key: KeyPath = facts.place(host, "container", "mounts")
                    yield Complaint(
                        key,
                        f"found {inner.host} at {inner.to} inside {outer.host} at {outer.to}: it hides "
                        f"{outer.host}{inner.to[len(outer.to.rstrip('/')) :]} of the node; wanted another place",
                    )


def _nested(mounts: tuple[Mount, ...]) -> Iterator[tuple[Mount, Mount]]:
    """Yield pairs, inner and outer, in which the author mounts one of the two and the paths do not agree anyway."""
    for inner in mounts:
        for outer in mounts:
            below = inner.to.startswith(outer.to.rstrip("/") + "/")
            if below and "author" in (inner.kind, outer.kind) and not _is_the_same_file_anyway(inner, outer):
                yield inner, outer


def _is_the_same_file_anyway(inner: Mount, outer: Mount) -> bool:
    return inner.host == outer.host.rstrip("/") + inner.to[len(outer.to.rstrip("/")) :]


RULE = Rule(
    name="mount-inside-mount",
    severity=Severity.WARNING,
    failure=Failure.SILENT,
    summary="one mount hides a part of another",
    why="The container sees the inner folder, and not what the outer one has at that place: a model or a cache that is "
    "on the node is downloaded or compiled again, into the inner folder. sparkc keeps its caches below /cache.",
    help="mount the folder at a place of its own, or leave the inner one out",
    evidence=(
        Evidence(
            "https://docs.docker.com/engine/storage/bind-mounts/",
            "Bind-mounting over existing data: what is at the place is obscured by the mount",
        ),
    ),
    bad="container: {mounts: [{host: /srv/cache, to: /srv/data}, {host: /srv/triton, to: /srv/data/triton}]}",
    good="container: {mounts: [{host: /srv/cache, to: /srv/data}, {host: /srv/triton, to: /srv/triton}]}",
    check=_check,
)
