"""Write the script that creates a container with `docker run`."""

from __future__ import annotations

from sparkc.plan import Container, Node, Plan
from sparkc_targets.node.build import build_of
from sparkc_targets.node.mounts import ENTRYPOINT, mount_option, mounts
from sparkc_targets.templates import render


def run_script(plan: Plan, node: Node, container: Container) -> str:
    """Return the script. It takes the container engine's command as its arguments, `docker` when there are none."""
    return render(
        "node/templates/run.sh.j2",
        plan=plan,
        node=node,
        container=container,
        labels=labels(plan, container),
        mounts=mounts(node, container),
        mount_option=mount_option,
        entrypoint=ENTRYPOINT,
    )


def labels(plan: Plan, container: Container) -> tuple[tuple[str, str], ...]:
    """Return the labels by which a container of sparkc's is found again, on every target."""
    return (
        ("sparkc.deployment", plan.name),
        ("sparkc.variant", plan.variant or ""),
        ("sparkc.plan", build_of(container)),
    )
