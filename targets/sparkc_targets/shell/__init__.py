"""The shell target: install folders for the nodes, and one script that a person runs."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.artifact import Artifact, Target
from sparkc.plan import Need, Plan
from sparkc_targets.control import render_control
from sparkc_targets.node import node_files


def render(plan: Plan) -> Iterator[Artifact]:
    """Yield every file of the target; on the nodes `docker run` creates the containers."""
    yield from render_control(plan, "shell", node_files)


TARGET = Target(
    name="shell",
    summary="scripts run over ssh from the head or a control machine: preflight, prepare, up, verify, status, down",
    # A restart by the engine's policy runs no step on the host. `docker run` would take a health check as a line of
    # shell only; launch.sh asks the service itself.
    capabilities=frozenset(Need) - {Need.HOST_STEPS_BEFORE_RESTART, Need.HEALTH},
    render=render,
)
