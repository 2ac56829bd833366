"""Run Podman's own generator on a plan's units, and read what it made of them."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from unit_text import Assignment, command, read_unit, value

from sparkc.plan import Node, Plan
from sparkc_targets.quadlet.render import node_files
from tools import cannot, need_tool

TREE = Path(__file__).parents[2] / ".tools" / "debian13"
"""A Debian 13 with systemd and Podman, unpacked by tools/debian-tree.sh."""


def need_tree() -> Path:
    """Return the tree, or end the test: skipped with the reason, failed where `CI=true`."""
    if (TREE / "unpacked").exists():
        return TREE
    return cannot("there is no Debian 13 with Podman: tools/debian-tree.sh .tools/debian13 unpacks one")


@dataclass(frozen=True)
class Services:
    """What the generator made: each service by name, and everything it said."""

    units: dict[str, list[Assignment]]
    said: str

    def podman_run(self, name: str) -> list[str]:
        """Return the words that Podman will get from a service, as systemd reads them.

        One option is the generator's own in some versions, and the only one in which systemd shall expand something.
        """
        return command(value(self.units[name], "ExecStart").replace(" --cidfile=%t/%N.cid", ""))


def write_units(plan: Plan, node: Node, folder: Path) -> Path:
    """Write the node's `.container` files into a folder and return it."""
    folder.mkdir(parents=True, exist_ok=True)
    for artifact in node_files(plan, node):
        if artifact.path.endswith(".container"):
            (folder / Path(artifact.path).name).write_bytes(artifact.text.encode())
    return folder


def generate(folder: Path, *options: str) -> Services:
    """Run the generator on a folder of units; it must accept them."""
    done = subprocess.run(
        [_generator(), "-dryrun", *options],
        env={"QUADLET_UNIT_DIRS": str(folder)},
        capture_output=True,
        check=False,
    )
    said = done.stderr.decode()
    assert done.returncode == 0, said
    texts = re.split(r"^---(.+)---$", done.stdout.decode(), flags=re.MULTILINE)
    return Services({name: read_unit(text) for name, text in zip(texts[1::2], texts[2::2], strict=True)}, said)


def _generator() -> str:
    program = TREE / "usr/libexec/podman/quadlet"
    return str(program) if program.exists() else need_tool("quadlet")


def options_of(words: list[str], flag: str) -> list[str]:
    """Return the values of an option, in order."""
    return [after for word, after in pairwise(words) if word == flag]
