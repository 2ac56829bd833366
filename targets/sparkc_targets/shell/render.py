"""Lay out the shell target: what a person runs, what it knows of this deployment, what goes to each node."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from sparkc.artifact import Artifact
from sparkc.plan import Node, Plan
from sparkc_targets import templates
from sparkc_targets.node import node_files
from sparkc_targets.shell.checksums import checksums
from sparkc_targets.shell.deployment import facts_of

_LIBRARY = Path(__file__).parent / "lib"
# In the order in which launch.sh reads them.
PARTS = (
    "say",
    "words",
    "reach",
    "crew",
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


def render(plan: Plan) -> Iterator[Artifact]:
    """Yield launch.sh, its library and data, and every node's install folder; paths stand below `shell/`."""
    rebuild = ("sparkc", "build", plan.spec_path)
    yield Artifact(
        "shell/launch.sh",
        templates.render("shell/templates/launch.sh.j2", plan=plan, rebuild=rebuild, parts=PARTS),
        executable=True,
    )
    yield Artifact(
        "shell/deployment.sh",
        templates.render("shell/templates/deployment.sh.j2", plan=plan, rebuild=rebuild, facts=facts_of(plan)),
    )
    for part in PARTS:
        yield Artifact(f"shell/lib/{part}.sh", (_LIBRARY / f"{part}.sh").read_text(encoding="utf-8"))
    for node in plan.nodes:
        yield from _install_folder(plan, node)


def _install_folder(plan: Plan, node: Node) -> Iterator[Artifact]:
    files = sorted(node_files(plan, node), key=lambda artifact: artifact.path)
    for file in (*files, Artifact("SHA256SUMS", checksums(files))):
        yield replace(file, path=f"shell/nodes/{node.name}/{file.path}")
