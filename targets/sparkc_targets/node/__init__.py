"""The install folder of a node: what every target brings there, and how its containers are started.

| file | what it is |
|---|---|
| `start-<container>.sh` | the first process of a container: waits, starts, watches, says why it ended |
| `run-<container>.sh` | creates the container with `docker run` |
| `files/<name>` | what the spec brings along: setup scripts, chat templates |
| `node.sh` | checks and verbs on the node, the same for every spec |
| `node-checks.sh` | the checks of `node.sh preflight` |
| `facts.sh` | what those two have to know about this node |
| `platform.sh` | how the platform starts, stops and shows containers; `platforms/docker.sh` says what is asked |

A target that does not use `docker run` leaves out `run_script`, brings a platform of its own, and spells the same
container in its own words, with `mounts`, `ENTRYPOINT` and `build_of`.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

from sparkc.artifact import Artifact
from sparkc.plan import Node, Plan
from sparkc_targets.node.facts import facts_script
from sparkc_targets.node.files import files
from sparkc_targets.node.run_script import run_script
from sparkc_targets.node.start_script import start_script


def node_files(plan: Plan, node: Node) -> Iterator[Artifact]:
    """Yield the install folder of a node on which `docker run` creates the containers; paths are relative to it."""
    yield from common_files(plan, node)
    yield platform("docker")
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


def platform(name: str, *, file: str = "platform.sh") -> Artifact:
    """Return one of `platforms/`, by default as the platform that node.sh asks."""
    return Artifact(file, _shipped(f"platforms/{name}.sh"))


@cache
def _shipped(name: str) -> str:
    return (Path(__file__).parent / name).read_text(encoding="utf-8")
