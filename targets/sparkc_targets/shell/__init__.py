"""The shell target: install folders for the nodes, and one script that a person runs."""

from __future__ import annotations

from sparkc.artifact import Target
from sparkc.plan import Need
from sparkc_targets.shell.render import render

TARGET = Target(
    name="shell",
    summary="scripts run over ssh from the head or a control machine: preflight, prepare, up, verify, status, down",
    # A restart by the engine's policy runs no step on the host.
    capabilities=frozenset(Need) - {Need.HOST_STEPS_BEFORE_RESTART},
    render=render,
)
