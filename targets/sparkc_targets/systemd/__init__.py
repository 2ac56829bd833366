"""The systemd target: a unit per container that runs `docker run`, and one per node that pulls them in.

systemd alone starts, restarts and ends what runs; Docker only creates the containers. On a node the units stand in the
install folder, and `node.sh install` makes them known to systemd, at boot too.
"""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.artifact import Artifact, Target
from sparkc.plan import Need, Plan
from sparkc_targets.control import render_control
from sparkc_targets.systemd.node_files import node_files


def render(plan: Plan) -> Iterator[Artifact]:
    """Yield every file of the target; on the nodes systemd runs the containers with `docker run`."""
    yield from render_control(plan, "systemd", node_files)


TARGET = Target(
    name="systemd",
    summary="systemd units around docker run: started at boot, host steps before every start, logs in the journal",
    capabilities=frozenset(Need),
    render=render,
)
