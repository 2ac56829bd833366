"""A real Docker engine of a test's own, and a record of what each of its containers was given."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tools import REAL_TOOLS, cannot, need_tool

# Stands where the engine expects its runtime. It keeps what a container is to be made of, and then removes the limits:
# raising them needs CAP_SYS_RESOURCE, which root lacks in many a virtual machine. `exec` (health checks) likewise.
SPY = """#!@PYTHON@ -SE
import json, os, sys

words = sys.argv[1:]

def after(*options):
    return next((words[n + 1] for n, word in enumerate(words[:-1]) if word in options), None)

def without_limits(path, process_of):
    with open(path) as file:
        text = file.read()
    config = json.loads(text)
    process_of(config).pop("rlimits", None)
    process_of(config).pop("oomScoreAdj", None)
    with open(path, "w") as file:
        json.dump(config, file)
    return text

if "create" in words or "run" in words:
    text = without_limits(after("--bundle", "-b") + "/config.json", lambda config: config["process"])
    number = len([name for name in os.listdir("@RECORDS@") if name.startswith(words[-1])])
    with open(f"@RECORDS@/{words[-1]}.{number}", "w") as file:
        file.write(text)
elif "exec" in words and after("--process", "-p"):
    without_limits(after("--process", "-p"), lambda process: process)
os.execv("@RUNC@", ["@RUNC@", *words])
"""


# /dev/shm is the host's when its IPC namespace is shared.
ENGINES_OWN_PLACES = ("/etc/hosts", "/etc/hostname", "/etc/resolv.conf", "/dev/shm")


# Should nobody be left to end them, the engine and its namespaces end themselves.
LIFE_S = "1200"


@dataclass(frozen=True)
class Given:
    """What the engine asked its runtime for: the OCI configuration of one start."""

    config: dict[str, Any]

    @property
    def argv(self) -> list[str]:
        return self.config["process"]["args"]

    @property
    def environment(self) -> dict[str, str]:
        return dict(entry.split("=", 1) for entry in self.config["process"]["env"])

    @property
    def limits(self) -> dict[str, tuple[int, int]]:
        return {limit["type"]: (limit["soft"], limit["hard"]) for limit in self.config["process"].get("rlimits", [])}

    @property
    def binds(self) -> dict[str, tuple[str, bool]]:
        """Return source and whether it is read-only, by the place in the container; the engine's own are left out."""
        return {
            mount["destination"]: (mount["source"], "ro" in mount["options"])
            for mount in self.config["mounts"]
            if mount["type"] == "bind" and mount["destination"] not in ENGINES_OWN_PLACES
        }

    @property
    def devices(self) -> set[str]:
        return {device["path"] for device in self.config["linux"].get("devices", [])}

    @property
    def capabilities(self) -> set[str]:
        return set(self.config["process"]["capabilities"]["bounding"])

    @property
    def own_namespaces(self) -> set[str]:
        """Return the namespaces that are not the host's."""
        return {space["type"] for space in self.config["linux"]["namespaces"] if not space.get("path")}


class DockerEngine:
    """dockerd with folders and a network of its own, which has lo and the given interfaces with their addresses."""

    def __init__(self, folder: Path, interfaces: Mapping[str, Iterable[str]]) -> None:
        self.folder = folder
        self.socket = folder / "docker.sock"
        self.records = folder / "records"
        self.programs = folder / "programs"
        for path in (self.records, self.programs):
            path.mkdir()
        need_root()
        dockerd, runc, unshare = need_tool("dockerd"), need_tool("runc"), need_tool("unshare")
        # The namespaces live as long as this process; everything else enters by its pid. What the engine mounts goes
        # with them.
        self.network = subprocess.Popen([unshare, "--net", "--mount", "sleep", LIFE_S], stdin=subprocess.DEVNULL)
        wait_until(lambda: self._has_own_network(), 5)
        self._make_network(interfaces)
        self._put_program("spy", SPY.replace("@RUNC@", runc).replace("@RECORDS@", str(self.records)))
        # With a program of this name Docker believes that GPUs can be handed out; it does nothing here.
        self._put_program("nvidia-container-runtime-hook", "#!/bin/sh\nexit 0\n")
        self.log = (folder / "dockerd.log").open("wb")
        self.daemon = subprocess.Popen(
            self._inside(
                ("net", "mnt"),
                *("timeout", "--kill-after=30", LIFE_S, dockerd),
                *("--data-root", str(folder / "data"), "--exec-root", str(folder / "exec")),
                *("-p", str(folder / "pid"), "-H", f"unix://{self.socket}"),
                *("--iptables=false", "--ip6tables=false", "--bridge=none"),
                *("--add-runtime", f"spy={self.programs / 'spy'}", "--default-runtime", "spy"),
            ),
            env=os.environ | {"PATH": f"{self.programs}:{os.environ['PATH']}:/usr/sbin:/sbin"},
            stdin=subprocess.DEVNULL,
            stdout=self.log,
            stderr=self.log,
        )
        try:
            wait_until(lambda: self.docker("version", check=False).returncode == 0, 30)
        except AssertionError:
            self.end()
            raise AssertionError(f"dockerd did not start:\n{(folder / 'dockerd.log').read_text()[-3000:]}") from None

    def _has_own_network(self) -> bool:
        pid = self.network.pid
        return Path(f"/proc/{pid}/ns/net").readlink() != Path("/proc/self/ns/net").readlink()

    def _make_network(self, interfaces: Mapping[str, Iterable[str]]) -> None:
        def ip(*words: str) -> None:
            subprocess.run(self.inside_network(need_tool("ip"), *words), check=True, capture_output=True)

        ip("link", "set", "lo", "up")
        for number, (interface, addresses) in enumerate(interfaces.items()):
            far_end = f"far-end-{number}"
            ip("link", "add", interface, "type", "veth", "peer", "name", far_end)
            for address in addresses:
                ip("address", "add", f"{address}/24", "dev", interface)
            for name in (interface, far_end):
                ip("link", "set", name, "up")

    def _put_program(self, name: str, text: str) -> None:
        path = self.programs / name
        path.write_text(text.replace("@PYTHON@", sys.executable))
        path.chmod(0o755)

    def inside_network(self, *words: str) -> list[str]:
        """Return the command that runs the words where the containers' host network is."""
        return self._inside(("net",), *words)

    def _inside(self, namespaces: Iterable[str], *words: str) -> list[str]:
        options = {"net": "--net", "mnt": "--mount"}
        return [
            need_tool("nsenter"),
            *(f"{options[space]}=/proc/{self.network.pid}/ns/{space}" for space in namespaces),
            *words,
        ]

    @property
    def environment(self) -> dict[str, str]:
        """Return what a login on the node would have: docker on PATH, and which engine it talks to."""
        folders = (str(self.programs), str(REAL_TOOLS / "bin"), "/usr/sbin:/usr/bin:/sbin:/bin")
        return {"PATH": ":".join(folders), "DOCKER_HOST": f"unix://{self.socket}", "HOME": str(self.folder)}

    def run(self, *words: str, check: bool = True, seconds: float = 60) -> subprocess.CompletedProcess[str]:
        """Run a program that talks to this engine."""
        ended = subprocess.run(
            words, env=self.environment, capture_output=True, stdin=subprocess.DEVNULL, timeout=seconds
        )
        # Not as text: a carriage return must stay one.
        told = subprocess.CompletedProcess(words, ended.returncode, ended.stdout.decode(), ended.stderr.decode())
        assert not check or told.returncode == 0, f"{words}: {told.stdout}\n{told.stderr}"
        return told

    def docker(self, *words: str, check: bool = True, seconds: float = 60) -> subprocess.CompletedProcess[str]:
        """Run the client."""
        # Not the first `docker` of the PATH: on some machines that is another program.
        return self.run("/usr/bin/docker", *words, check=check, seconds=seconds)

    @property
    def version(self) -> str:
        return self.docker("version", "--format", "{{.Server.Version}}").stdout.strip()

    def inspect(self, container: str) -> dict[str, Any]:
        (found,) = json.loads(self.docker("container", "inspect", container).stdout)
        return found

    def given(self, container: str, start: int = 0) -> Given:
        """Return what one start of the container was given, 0 for the first."""
        record = self.records / f"{self.inspect(container)['Id']}.{start}"
        return Given(json.loads(record.read_text()))

    def kill_child(self, container: str, program: str) -> None:
        """Kill a child of the container's first process, as the kernel does when memory runs out."""
        first = self.inspect(container)["State"]["Pid"]
        children = Path(f"/proc/{first}/task/{first}/children").read_text().split()
        (pid,) = (pid for pid in children if Path(f"/proc/{pid}/comm").read_text().strip() == program)
        os.kill(int(pid), signal.SIGKILL)

    def container_names(self) -> list[str]:
        return self.docker("ps", "--all", "--format", "{{.Names}}").stdout.split()

    def remove_containers(self) -> None:
        for name in self.container_names():
            self.docker("rm", "--force", name)

    def end(self) -> None:
        """End what was started, and nothing else."""
        if self.daemon.poll() is None:
            self.docker("version", check=False)
            for name in self.docker("ps", "--all", "--quiet", check=False).stdout.split():
                self.docker("rm", "--force", name, check=False)
            self.daemon.terminate()
            try:
                self.daemon.wait(20)
            except subprocess.TimeoutExpired:
                self.daemon.kill()
                self.daemon.wait()
        self.network.kill()
        self.network.wait()
        self.log.close()


def need_root() -> None:
    """End the test without root: namespaces and the engine need it."""
    if os.geteuid() != 0:
        cannot("only root can start a container engine")


def wait_until(fact: Callable[[], bool], seconds: float) -> None:
    """Wait for a fact, or fail the test."""
    deadline = time.monotonic() + seconds
    while not fact():
        assert time.monotonic() < deadline, f"it did not come true within {seconds} s"
        time.sleep(0.05)
