"""Lay out a target: what a person runs, what it knows of this deployment, what goes to each node."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import cache, lru_cache
from pathlib import Path

from sparkc.artifact import Artifact
from sparkc.plan import Node, Plan
from sparkc_targets import templates
from sparkc_targets.control.checksums import checksums
from sparkc_targets.control.deployment import facts_of

_HERE = Path(__file__).parent
# In the order in which launch.sh reads them.
PARTS = (
    "say",
    "words",
    "reach",
    "crew",
    "engine",
    "remote",
    "lock",
    "install",
    "json",
    "garbled",
    "ask",
    "preflight",
    "prepare",
    "up",
    "verify",
    "after",
)

NodeFiles = Callable[[Plan, Node], Iterable[Artifact]]
"""What a target brings to one node, paths relative to the node's install folder."""


def render_control(plan: Plan, target: str, node_files: NodeFiles, *, engine: str = "docker") -> Iterator[Artifact]:
    """Yield launch.sh, its library and data, and every node's install folder; paths stand below `<target>/`.

    Args:
        engine: the container engine whose images `prepare` copies: a file of `engines/`.
    """
    yield Artifact(f"{target}/launch.sh", _launch(plan), executable=True)
    yield Artifact(f"{target}/deployment.sh", _deployment(plan))
    for part in PARTS:
        name = f"engines/{engine}.sh" if part == "engine" else f"lib/{part}.sh"
        yield Artifact(f"{target}/lib/{part}.sh", _shipped(name))
    for node in plan.nodes:
        yield from _install_folder(target, node, node_files(plan, node))


@lru_cache  # the same for every target
def _launch(plan: Plan) -> str:
    return templates.render("control/templates/launch.sh.j2", plan=plan, rebuild=_rebuild(plan), parts=PARTS)


@lru_cache  # the same for every target
def _deployment(plan: Plan) -> str:
    return templates.render(
        "control/templates/deployment.sh.j2", plan=plan, rebuild=_rebuild(plan), facts=facts_of(plan)
    )


def _rebuild(plan: Plan) -> tuple[str, ...]:
    return ("sparkc", "build", plan.spec_path)


@cache
def _shipped(name: str) -> str:
    return (_HERE / name).read_text(encoding="utf-8")


def _install_folder(target: str, node: Node, node_files: Iterable[Artifact]) -> Iterator[Artifact]:
    files = sorted(node_files, key=lambda artifact: artifact.path)
    for file in (*files, Artifact("SHA256SUMS", checksums(files))):
        yield replace(file, path=f"{target}/nodes/{node.name}/{file.path}")
