"""Write the script that creates a container with `docker run`."""

from __future__ import annotations

from sparkc.plan import Container, Node, Plan
from sparkc_targets.command import Part
from sparkc_targets.node.docker_run import docker_options
from sparkc_targets.node.mounts import ENTRYPOINT
from sparkc_targets.reason import because
from sparkc_targets.templates import render


def run_script(plan: Plan, node: Node, container: Container) -> str:
    """Return the script. It takes the container engine's command as its arguments, `docker` when there are none."""
    return render(
        "node/templates/run.sh.j2",
        plan=plan,
        node=node,
        container=container,
        options=docker_options(plan, node, container, _restart(container)),
        entrypoint=ENTRYPOINT,
    )


def _restart(container: Container) -> Part:
    restart = container.restart
    policy = f"on-failure:{restart.attempts}" if restart.on_failure else "no"
    return Part(("--restart", policy), because(restart.because))
