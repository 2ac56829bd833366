"""The quadlet target: `.container` files, from which Podman's generator makes services of systemd's."""

from __future__ import annotations

from sparkc.artifact import Target
from sparkc.plan import Need
from sparkc_targets.quadlet.render import render

TARGET = Target(
    name="quadlet",
    summary="Podman containers as systemd services on every node, with the same launch.sh over ssh",
    capabilities=frozenset(Need),
    render=render,
)
