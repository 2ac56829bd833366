"""Write the start script: the first process of a container."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from sparkc.plan import FILES, Container, Node, Plan
from sparkc_targets.node.build import build_of
from sparkc_targets.node.looks import look
from sparkc_targets.templates import render


@lru_cache  # the same for every target
def start_script(plan: Plan, node: Node, container: Container) -> str:
    """Return the script: what this container runs comes first, what is the same in all of them behind it."""
    own = render(
        "node/templates/start.sh.j2",
        plan=plan,
        node=node,
        container=container,
        build=build_of(container),
        files_dir=FILES,
        look=look,
    )
    return own + Path(__file__).with_name("supervisor.sh").read_text(encoding="utf-8")
