"""Name the units of a deployment so that each name is valid, and none hides a unit of somebody else's."""

from __future__ import annotations

import hashlib
import re

from sparkc.plan import Container, Plan
from sparkc_targets.unitfile import name_part

# A generated unit takes the place of a vendor's that has its name (podman-systemd.unit(5)): a deployment called `ssh`
# must not.
PREFIX = "sparkc-"
# A file name holds 255 bytes at most, and `.container` or `.service.d` stands behind the name.
_LONGEST = 200


def unit_of(container: Container) -> str:
    """Return the name of a container's units, without `.container` or `.service`."""
    return _unit(container.name)


def target_of(plan: Plan) -> str:
    """Return the unit that pulls in everything of a deployment on a node."""
    return f"{_unit(plan.folder.replace('/', '-'))}.target"


def _unit(name: str) -> str:
    """Return a unit's name; different texts give different names."""
    safe = PREFIX + re.sub(r"[^A-Za-z0-9_.-]", lambda match: name_part(match[0]), name)
    if len(safe) <= _LONGEST:
        return safe
    return f"{safe[:_LONGEST]}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"
