"""Name the Compose project of a node."""

from __future__ import annotations

import hashlib
import re

from sparkc.plan import Node, Plan


def project_name(plan: Plan, node: Node) -> str:
    """Return a name that Compose accepts: small letters, digits, dashes, underscores, a letter or digit first.

    A name that has to be changed for that gets a digest of the original, so that two never become one.
    """
    wanted = f"{plan.folder.replace('/', '-')}-{node.name}"
    safe = re.sub(r"[^a-z0-9_-]+", "-", wanted.lower()).lstrip("_-")[:_LONGEST]
    if safe == wanted:
        return safe
    return f"{safe.rstrip('-') or 'sparkc'}-{hashlib.sha256(wanted.encode()).hexdigest()[:8]}"


# Room for more than any name that a person would choose; a project name ends up in labels, which have no limit.
_LONGEST = 200
