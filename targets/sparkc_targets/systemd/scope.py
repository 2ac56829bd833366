"""Tell the two managers apart that can run units: the machine's, and a user's own."""

from __future__ import annotations

from enum import Enum

from sparkc.plan import Node


class Scope(Enum):
    """Who runs the units."""

    SYSTEM = "system"
    USER = "user"

    @property
    def folder(self) -> str:
        """Return where its units stand in the install folder."""
        return "units" if self is Scope.SYSTEM else "units/user"

    @property
    def boot_target(self) -> str:
        """Return the unit that an enabled unit starts with."""
        return "multi-user.target" if self is Scope.SYSTEM else "default.target"


def scopes(node: Node) -> tuple[Scope, ...]:
    """Return the managers that can run a node's units. A user's can take root's steps only with passwordless sudo."""
    if node.user == "root" or (node.sudo != "passwordless" and any(step.as_root for step in node.steps)):
        return (Scope.SYSTEM,)
    return (Scope.SYSTEM, Scope.USER)
