"""Bring along what the spec names: setup scripts, chat templates, patches."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.artifact import Artifact
from sparkc.plan import Node


def files(node: Node) -> Iterator[Artifact]:
    """Yield each file of the node's containers once, exactly as its author wrote it. Setup files are programs."""
    programs = {file.name for container in node.containers for file in container.setup}
    texts: dict[str, str] = {}
    for container in node.containers:
        for file in (*container.setup, *container.files):
            if texts.setdefault(file.name, file.text) != file.text:
                raise ValueError(f"two files of {node.name} are called {file.name}")
    for name, text in texts.items():
        yield Artifact(f"files/{name}", text, executable=name in programs)
