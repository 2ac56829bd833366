"""Spell a node's steps as commands of a unit."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.plan import Node, Step
from sparkc_targets.command import Part
from sparkc_targets.reason import because
from sparkc_targets.systemd.scope import Scope
from sparkc_targets.unitfile import Command


def start_steps(node: Node, scope: Scope) -> Iterator[Command]:
    """Yield what is done before every start, after a crash too. A start by systemd is also an `up`."""
    for step in node.steps:
        if step.trigger in ("up", "every_start"):
            yield _command("ExecStartPre", step, scope)


def stop_steps(node: Node, scope: Scope) -> Iterator[Command]:
    """Yield what is done when somebody asks for a stop."""
    for step in node.steps:
        if step.trigger == "stop":
            yield _command("ExecStop", step, scope)


def _command(key: str, step: Step, scope: Scope) -> Command:
    """Return the command. The plus sign gives it root's powers; a user's manager has none to give, but sudo has."""
    if step.as_root and scope is Scope.USER:
        return Command(key, (Part(("sudo", "-n", "--", *step.argv)),), why=because(step.because))
    return Command(key, (Part(step.argv),), prefix="+" if step.as_root else "", why=because(step.because))
