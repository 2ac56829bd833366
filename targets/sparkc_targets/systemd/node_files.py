"""Lay out the install folder of a node whose containers systemd runs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from sparkc.artifact import Artifact
from sparkc.plan import Node, Plan
from sparkc_targets.node import common_files, platform
from sparkc_targets.systemd.names import service_name, target_name
from sparkc_targets.systemd.node_target import node_target
from sparkc_targets.systemd.scope import Scope, scopes
from sparkc_targets.systemd.service import service

UNIT_SCRIPT = "unit.sh"


def node_files(plan: Plan, node: Node) -> Iterator[Artifact]:
    """Yield every file of the install folder, paths relative to it."""
    yield from common_files(plan, node)
    yield platform("systemd")
    # What Docker does for node.sh is the same here; the platform reads it and changes the rest.
    yield platform("docker", file="docker.sh")
    yield Artifact(UNIT_SCRIPT, Path(__file__).with_name(UNIT_SCRIPT).read_text(encoding="utf-8"), executable=True)
    for scope in scopes(node):
        yield from _units(plan, node, scope)


def _units(plan: Plan, node: Node, scope: Scope) -> Iterator[Artifact]:
    for container in node.containers:
        yield Artifact(f"{scope.folder}/{service_name(container)}", service(plan, node, container, scope))
    yield Artifact(f"{scope.folder}/{target_name(plan)}", node_target(plan, node, scope))
