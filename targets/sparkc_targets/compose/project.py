"""Write the Compose project of a node."""

from __future__ import annotations

from typing import Any

from sparkc.plan import Node, Plan
from sparkc_targets.compose.names import project_name
from sparkc_targets.compose.service import service
from sparkc_targets.templates import render
from sparkc_targets.yamlfile import Noted, dump


def project_file(plan: Plan, node: Node) -> str:
    """Return compose.yaml."""
    return render("compose/templates/compose.yaml.j2", plan=plan, node=node, document=dump(project(plan, node)))


def project(plan: Plan, node: Node) -> dict[str, Any]:
    """Return what compose.yaml holds, with its reasons; dollar signs are doubled."""
    return {
        "name": project_name(plan, node),
        # No service depends on another one: each start script waits for what it needs, on whatever node that is.
        "services": {container.name: _doubled(service(plan, node, container)) for container in node.containers},
    }


def _doubled(tree: Any) -> Any:  # any YAML value
    """Return the tree with every dollar sign doubled: Compose puts variables into all values, and into no key."""
    if isinstance(tree, Noted):
        return Noted(_doubled(tree.value), tree.why)
    if isinstance(tree, dict):
        return {key: _doubled(value) for key, value in tree.items()}
    if isinstance(tree, list):
        return [_doubled(item) for item in tree]
    return tree.replace("$", "$$") if isinstance(tree, str) else tree
