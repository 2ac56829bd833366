"""A real systemd as the first process of private namespaces, with stand-ins for Docker and for the engine.

Everything it starts ends with it: the kernel kills a pid namespace together with its first process.
"""

from __future__ import annotations

import ctypes
import os
import re
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from engines.own_cgroup import ENTER, new_cgroup, remove_cgroup
from sparkc.artifact import Artifact
from tools import cannot, need_tool

HERE = Path(__file__).parent / "stand_ins"
JOURNALD = ("systemd-journald.service", "systemd-journald.socket", "systemd-journald-dev-log.socket")
NAMESPACES = ("--mount", "--pid", "--cgroup", "--net", "--ipc", "--uts")
EMPTY_TARGETS = ("sysinit", "basic", "shutdown", "network-online", "default", "exit", "sockets")
OPS = 1000


@dataclass(frozen=True)
class Call:
    """One call of a stand-in: its words, environment and user as far as it wrote them down."""

    argv: list[str]
    env: dict[str, str]
    who: str
    groups: list[str]


class PrivateSystemd:
    """A machine that lives as long as the `with` block."""

    def __init__(self, work: Path, mode: str = "system") -> None:
        self.work = work
        self.mode = mode
        for name in ("bin", "units", "home/ops"):
            (work / name).mkdir(parents=True)
        for name in ("docker", "vllm", "sysctl", "sudo"):
            target = work / "bin" / name
            target.write_text((HERE / name).read_text().replace("@PYTHON@", python_for_everyone()))
            target.chmod(0o755)
        (work / "passwd").write_text(f"root:x:0:0::/root:/bin/bash\nops:x:{OPS}:{OPS}::/home/ops:/bin/bash\n")
        (work / "group").write_text(f"root:x:0:\nops:x:{OPS}:\ndocker:x:999:\nadm:x:4:\nsystemd-journal:x:998:\n")
        self._base_units()

    def _base_units(self) -> None:
        units = self.work / "units"
        for name in EMPTY_TARGETS:
            (units / f"{name}.target").write_text("[Unit]\nDefaultDependencies=no\n")
        (units / "multi-user.target").write_text("[Unit]\nWants=systemd-journald.service\n")
        (units / "docker.service").write_text("[Service]\nExecStart=/bin/sleep infinity\n")
        for name in JOURNALD:
            shutil.copy(f"/lib/systemd/system/{name}", units)

    def install(self, folder: str, artifacts: list[Artifact]) -> None:
        """Put files into a folder below /home/ops."""
        there = self.work / "home" / Path(folder).relative_to("/home")
        for artifact in artifacts:
            path = there / artifact.path
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(artifact.text)
            path.chmod(0o755 if artifact.executable else 0o644)

    def unit(self, name: str, text: str) -> None:
        """Make a unit known before the machine starts."""
        (self.work / "units" / name).parent.mkdir(exist_ok=True)
        (self.work / "units" / name).write_text(text)

    def __enter__(self) -> PrivateSystemd:
        self.cgroup = new_cgroup()
        machine = ("/bin/bash", HERE / "machine.sh", self.work, self.mode)
        with (self.work / "log").open("wb") as log:
            self.unshare = subprocess.Popen(
                [*ENTER, self.cgroup, need_tool("unshare"), *NAMESPACES, "--fork", *machine],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                preexec_fn=_die_with_parent,
            )
        try:
            self._wait_until_up()
        except BaseException:
            self.__exit__()
            raise
        return self

    def _wait_until_up(self) -> None:
        deadline = time.monotonic() + 15
        while "running" not in (state := self.systemctl("is-system-running", check=False).stdout):
            if time.monotonic() > deadline or self.unshare.poll() is not None:
                raise AssertionError(f"systemd did not come up ({state}):\n{(self.work / 'log').read_text()}")
            if "degraded" in state:
                return
            time.sleep(0.05)

    def __exit__(self, *_: object) -> None:
        first = self.first
        if first is not None:
            os.kill(first, signal.SIGKILL)
        else:
            self.unshare.kill()
        self.unshare.wait(10)
        remove_cgroup(self.cgroup)

    @property
    def first(self) -> int | None:
        """Return the machine's first process, seen from outside."""
        if self.unshare.poll() is not None:
            return None
        children = Path(f"/proc/{self.unshare.pid}/task/{self.unshare.pid}/children").read_text().split()
        return int(children[0]) if children else None

    def run(self, *words: str, check: bool = True, seconds: float = 60) -> subprocess.CompletedProcess[str]:
        """Run a command in the machine, as root."""
        first = self.first
        if first is None:
            return subprocess.CompletedProcess(words, 1, "", "there is no machine yet")
        namespaces = ("--mount", "--pid", "--net", "--ipc", "--uts", "--cgroup")
        environment = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root"}
        if self.mode == "user":
            environment |= {"XDG_RUNTIME_DIR": "/run/user/0", "HOME": "/home/ops"}
        found = subprocess.run(
            [need_tool("nsenter"), "--target", str(first), *namespaces, "--", *words],
            capture_output=True,
            text=True,
            env=environment,
            timeout=seconds,
        )
        assert found.returncode == 0 or not check, f"{words}: {found.stdout}{found.stderr}\n{self.journal()}"
        return found

    def systemctl(self, *words: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        return self.run("systemctl", *(["--user"] if self.mode == "user" else []), *words, check=check)

    def journal(self) -> str:
        return self.run("journalctl", "--no-pager", "--output=cat", check=False).stdout

    def property(self, unit: str, name: str) -> str:
        return self.systemctl("show", "--property", name, "--value", unit).stdout.strip()

    def wait_for(self, unit: str, name: str, wanted: str, seconds: float = 20) -> None:
        """Wait until a property of a unit has a value."""
        deadline = time.monotonic() + seconds
        while (found := self.property(unit, name)) != wanted:
            assert time.monotonic() < deadline, f"{unit}: {name} is {found}, wanted {wanted}\n{self.journal()}"
            time.sleep(0.05)

    def calls(self, program: str) -> list[Call]:
        """Return what the stand-ins wrote down, oldest first."""
        found = []
        for folder in sorted(self.inside("/srv/records").iterdir()):
            if re.fullmatch(rf"\d+-{program}\..*", folder.name):
                environment = dict(word.split("=", 1) for word in _words(folder / "env"))
                found.append(
                    Call(_words(folder / "argv"), environment, _text(folder / "who"), _text(folder / "groups").split())
                )
        return found

    def inside(self, path: str) -> Path:
        """Return a path of the machine as it is seen from outside."""
        return Path(f"/proc/{self.first}/root{path}")


def need_namespaces() -> None:
    """End the test where namespaces cannot be had: skipped, or failed where every test must run."""
    for name in ("unshare", "nsenter", "systemctl", "ip"):
        need_tool(name)
    if not Path("/lib/systemd/systemd").exists():
        cannot("systemd is not installed")
    if os.geteuid() != 0:
        cannot("private namespaces need root")
    tried = subprocess.run(["unshare", *NAMESPACES, "--fork", "true"], capture_output=True, text=True)
    if tried.returncode != 0:
        cannot(f"private namespaces cannot be had here: {tried.stderr.strip()}")


def python_for_everyone() -> str:
    """Return a Python that a login other than root may run, whatever runs the tests."""
    found = shutil.which("python3", path="/usr/bin:/bin")
    return found or cannot("there is no /usr/bin/python3")


def _die_with_parent() -> None:
    """Let the machine end when the tests are killed (PR_SET_PDEATHSIG)."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


def _words(path: Path) -> list[str]:
    return path.read_bytes().decode().split("\0")[:-1] if path.exists() else []


def _text(path: Path) -> str:
    return path.read_text().strip() if path.exists() else ""
