"""A node on which the systemd of Debian 13 runs the containers of its Podman, booted in private namespaces."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from machine import Machine
from running_node import RunningNode

from engines.stub_image import NAME, image_tar
from sparkc.plan import Node, Plan
from sparkc_targets.quadlet.names import unit_of


@contextmanager
def podman_node(folder: Path, plan: Plan, node: Node) -> Iterator[RunningNode]:
    """Boot a machine with the units of the target `quadlet`, and end it."""
    machine = Machine(folder)
    try:
        machine.bring(plan, node)
        machine.said("podman", "import", "-", NAME, input=image_tar(("stub",)))
        unit = f"{unit_of(node.containers[0])}.service"
        running = RunningNode(node, unit, "podman", machine.first, machine.said)
        running.node_sh("install")
        yield running
    finally:
        machine.end()
