"""The Compose target: one project per node, started by Compose and kept alive by Docker."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.artifact import Artifact, Target
from sparkc.plan import Need, Node, Plan
from sparkc_targets.compose.project import project_file
from sparkc_targets.control import render_control
from sparkc_targets.node import common_files, platform


def render(plan: Plan) -> Iterator[Artifact]:
    """Yield every file of the target; each node's install folder holds a project of its own."""
    yield from render_control(plan, "compose", compose_files)


def compose_files(plan: Plan, node: Node) -> Iterator[Artifact]:
    """Yield the install folder of a node; paths are relative to it."""
    yield from common_files(plan, node)
    yield Artifact("compose.yaml", project_file(plan, node))
    yield platform("compose")
    yield platform("docker", file="docker.sh")


TARGET = Target(
    name="compose",
    summary="a Compose project for each node, with health checks; the same launch.sh, or `docker compose up --wait`",
    # Docker starts a container anew, and runs no step on the host; the start script's memory gate stands in.
    capabilities=frozenset(Need) - {Need.HOST_STEPS_BEFORE_RESTART},
    render=render,
)
