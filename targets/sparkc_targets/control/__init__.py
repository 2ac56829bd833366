"""The control side: launch.sh, from which a person prepares, starts, watches and stops a deployment over ssh.

It is the same for every target. What a target adds is what it brings to each node; launch.sh speaks with the `node.sh`
that stands there, and with nothing else of the platform.
"""

from __future__ import annotations

from sparkc_targets.control.render import render_control

__all__ = ["render_control"]
