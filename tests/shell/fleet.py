"""A pretended fleet: launch.sh runs for real, and everything that it calls is a recording stand-in.

Each node is a folder with a home, a store of images and what it plays; ssh runs the remote command there with a POSIX
shell. A test reads the record: who was called where, with which words, in which order.
"""

from __future__ import annotations

import atexit
import hashlib
import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from sparkc.plan import Plan
from sparkc_targets.shell import TARGET

STAND_INS = Path(__file__).parent / "stand_ins"
# Programs that a machine may or may not have and that the scripts ask for: here only a test brings them.
ABSENT = {"docker", "nvidia-smi", "podman", "ray", "rsync", "vllm"}
IMAGE_ID = "sha256:" + "9f1c" * 16


@cache
def system_programs() -> Path:
    """Return a folder with the programs of this machine, less those of `ABSENT`."""
    folder = Path(tempfile.mkdtemp(prefix="sparkc-test-programs-"))
    atexit.register(shutil.rmtree, folder)
    for program in (*Path("/bin").iterdir(), *Path("/usr/bin").iterdir()):
        if program.name not in ABSENT and not (folder / program.name).is_symlink():
            (folder / program.name).symlink_to(program)
    return folder


@dataclass(frozen=True)
class Call:
    """One call of a stand-in."""

    at: str
    tool: str
    words: tuple[str, ...]


@dataclass(frozen=True)
class Ended:
    """How launch.sh ended."""

    status: int
    out: str
    err: str

    @property
    def text(self) -> str:
        return self.out + self.err


class Fleet:
    """The nodes of a Plan below `root`, and launch.sh as it was generated for them.

    `below` is the install folder in a node's home.
    """

    def __init__(self, root: Path, plan: Plan, *, stand_in_for_node: bool = True, below: str = "sparkc") -> None:
        self.root = root
        self.plan = _in_sandbox(plan, root, below)
        for folder in ("hosts", "trusts", "http", "registry"):
            (root / folder).mkdir(parents=True)
        shutil.copytree(STAND_INS, root / "bin")
        (root / "system").symlink_to(system_programs())
        for script in (root / "bin").iterdir():
            script.chmod(0o755)
        for node in self.plan.nodes:
            self._furnish(node.name, node.containers[0].name)
            for name in (node.ssh.host, node.fabric.address):
                (root / "hosts" / name).write_text(node.name)
        for artifact in TARGET.render(self.plan):
            path = root / artifact.path
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(artifact.text)
            path.chmod(0o755 if artifact.executable else 0o644)
        if stand_in_for_node:
            for node in self.plan.nodes:
                self.change_node_file(node.name, "node.sh", (STAND_INS / "node.sh").read_text())

    def _furnish(self, name: str, container: str) -> None:
        here = self.root / "nodes" / name
        for folder in ("home", "bin", "images", "play"):
            (here / folder).mkdir(parents=True)
        (here / "container").write_text(container)
        (here / "images" / IMAGE_ID).write_text(IMAGE_ID)

    def node(self, name: str) -> Path:
        """Return the folder that plays the node."""
        return self.root / "nodes" / name

    def install_dir(self, name: str) -> Path:
        """Return the install folder of the node."""
        return Path(next(node.install_dir for node in self.plan.nodes if node.name == name))

    def change_node_file(self, node: str, file: str, text: str) -> None:
        """Replace a file of the build's install folder, checksum included: another build."""
        folder = self.root / "shell" / "nodes" / node
        (folder / file).write_text(text)
        names = [line[66:] for line in (folder / "SHA256SUMS").read_text().splitlines()]
        sums = (f"{hashlib.sha256((folder / name).read_bytes()).hexdigest()}  {name}\n" for name in names)
        (folder / "SHA256SUMS").write_text("".join(sums))

    def play(self, node: str, verb: str, script: str) -> None:
        """Let the node's own script do this when it is called with the verb."""
        (self.node(node) / "play" / verb).write_text(script)

    def answer(self, path: str, body: str, status: int = 200, after: int = 0) -> None:
        """Let the service answer on a path, once it has refused so many times."""
        file = self.root / "http" / path.strip("/").replace("/", "_")
        file.write_text(f"{body}\n{status}")
        file.with_name(file.name + ".after").write_text(str(after))

    def serves(self, after: int = 0) -> None:
        """Let the service come up healthy with the model's name."""
        self.answer("/health", "", after=after)
        models = [{"id": name, "object": "model"} for name in self.plan.service.model_names]
        self.answer("/v1/models", json.dumps({"object": "list", "data": models}))

    def unplug(self, node: str, words: str = "ssh: connect to host x port 22: Connection timed out") -> None:
        """Let the node answer no ssh."""
        (self.node(node) / "down").write_text(words + "\n")

    def environment(self, **more: str) -> dict[str, str]:
        """Return a small, fixed environment with short timings."""
        return {
            "PATH": f"{self.root}/bin:{self.root}/system",
            "HOME": str(self.root),
            "LANG": "C.UTF-8",
            "FLEET_ROOT": str(self.root),
            "FLEET_AT": "control",
            "SPARKC_HERE": "none",
            "SPARKC_POLL_SECONDS": "0.02",
            "SPARKC_SAY_SECONDS": "0",
            "SPARKC_LOGS": str(self.root / "kept"),
        } | more

    def run(self, *words: str, **more: str) -> Ended:
        """Run launch.sh to its end."""
        with self.started(*words, **more) as process:
            out, err = process.communicate(timeout=30)
        return Ended(process.returncode, out, err)

    def started(self, *words: str, **more: str) -> subprocess.Popen[str]:
        """Start launch.sh in a process group of its own."""
        return subprocess.Popen(
            [str(self.root / "shell" / "launch.sh"), *words],
            env=self.environment(**more),
            cwd=self.root,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def calls(self, tool: str | None = None, at: str | None = None) -> list[Call]:
        """Return what was called, in order."""
        return [call for call in self._record() if tool in (None, call.tool) and at in (None, call.at)]

    def verbs(self, at: str | None = None) -> list[tuple[str, ...]]:
        """Return the words that node.sh was called with, in order; those that only look are left out."""
        looks = ("state", "memory", "logs", "status")
        return [call.words for call in self.calls("node.sh", at) if call.words[0] not in looks]

    def _record(self) -> Iterator[Call]:
        record = self.root / "record"
        if not record.exists():
            return
        for line in record.read_bytes().decode(errors="surrogateescape").split("\x1e")[:-1]:
            at, tool, *words = line.split("\x1f")[:-1]
            yield Call(at, tool, tuple(words))


def wait_until(fact: Callable[[], bool], seconds: float = 10) -> None:
    """Wait for a fact, or fail the test."""
    end = time.monotonic() + seconds
    while not fact():
        assert time.monotonic() < end, "it did not come true in time"
        time.sleep(0.01)


def press_ctrl_c(process: subprocess.Popen[str]) -> None:
    """Send what a terminal sends: SIGINT to the whole process group."""
    os.killpg(process.pid, signal.SIGINT)


def _in_sandbox(plan: Plan, root: Path, below: str) -> Plan:
    """Return the same Plan with all paths of a node below the folder that plays it."""
    nodes = tuple(
        replace(
            node,
            install_dir=f"{root}/nodes/{node.name}/home/{below}",
            cache_dirs=tuple(f"{root}/nodes/{node.name}{folder}" for folder in node.cache_dirs),
            weights=tuple(
                replace(weights, path=f"{root}/nodes/{node.name}/srv{weights.path}") for weights in node.weights
            ),
        )
        for node in plan.nodes
    )
    return replace(plan, nodes=nodes)
