"""The install folder of a node: what every target brings there, and how its containers are started.

| file | what it is |
|---|---|
| `start-<container>.sh` | the first process of a container: waits, starts, watches, says why it ended |
| `run-<container>.sh` | creates the container with `docker run` |
| `files/<name>` | what the spec brings along: setup scripts, chat templates |
| `node.sh` | checks and verbs on the node, the same for every spec |
| `node-checks.sh` | the checks of `node.sh preflight` |
| `facts.sh` | what those two have to know about this node |

A target that does not use `docker run` leaves out `run_script` and spells the same container in its own words, with
`mounts`, `ENTRYPOINT` and `build_of`.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from sparkc.artifact import Artifact
from sparkc.plan import Node, Plan
from sparkc_targets.node.facts import facts_script
from sparkc_targets.node.files import files
from sparkc_targets.node.run_script import run_script
from sparkc_targets.node.start_script import start_script


def node_files(plan: Plan, node: Node) -> Iterator[Artifact]:
    """Yield every file of the node's install folder, paths relative to it."""
    yield from common_files(plan, node)
    for container in node.containers:
        yield Artifact(f"run-{container.name}.sh", run_script(plan, node, container), executable=True)


def common_files(plan: Plan, node: Node) -> Iterator[Artifact]:
    """Yield what every target needs on the node, however it creates containers."""
    for container in node.containers:
        yield Artifact(container.start_script, start_script(plan, node, container), executable=True)
    yield from files(node)
    yield Artifact("facts.sh", facts_script(plan, node))
    yield Artifact("node.sh", _shipped("node.sh"), executable=True)
    yield Artifact("node-checks.sh", _shipped("node-checks.sh"))


def _shipped(name: str) -> str:
    return Path(__file__).with_name(name).read_text(encoding="utf-8")
