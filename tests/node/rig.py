"""A node without hardware: stand-ins on PATH that record what reaches them, and fake trees of the kernel's files."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

from sparkc.plan import Node, Plan
from sparkc_targets.node import node_files

GIB = 1024**3
SHELLS_OWN = frozenset({"PWD", "SHLVL", "_", "OLDPWD"})

RECORDER = r"""#!/bin/bash
# Write down how this program was called, then do what the test put into its behaviour file.
name=${0##*/}
record=$(mktemp -d "@RECORDS@/$(date +%s%N)-$name.XXXXXX")
env -0 >"$record/env"
(($# == 0)) || printf '%s\0' "$@" >"$record/argv"
if [[ -e @BEHAVIOURS@/$name ]]; then
  source "@BEHAVIOURS@/$name"
fi
"""


@dataclass(frozen=True)
class Call:
    """One call of a stand-in."""

    program: str
    argv: tuple[str, ...]
    env: dict[str, str]


@dataclass
class Rig:
    """A private folder with a PATH of stand-ins before the system's own tools."""

    root: Path
    environment: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in ("bin", "records", "behaviours", "work", "proc", "sys", "install"):
            (self.root / name).mkdir()

    def stand_in(self, name: str, behaviour: str = "") -> None:
        """Put a recording program on PATH; `behaviour` is bash, run after the record was written."""
        path = self.root / "bin" / name
        path.write_text(
            RECORDER.replace("@RECORDS@", str(self.root / "records")).replace(
                "@BEHAVIOURS@", str(self.root / "behaviours")
            )
        )
        path.chmod(0o755)
        (self.root / "behaviours" / name).write_text(behaviour)

    def calls(self, program: str | None = None) -> list[Call]:
        """Return what was recorded, oldest first."""
        found = []
        for folder in sorted((self.root / "records").iterdir()):
            name = folder.name.partition("-")[2].rpartition(".")[0]
            if program in (None, name):
                env = dict(word.split("=", 1) for word in _words(folder / "env"))
                found.append(Call(name, _words(folder / "argv"), {k: v for k, v in env.items() if k not in SHELLS_OWN}))
        return found

    def path(self) -> str:
        return f"{self.root / 'bin'}:/usr/sbin:/usr/bin:/sbin:/bin"

    def install(self, plan: Plan, node: Node) -> Path:
        """Write the node's files into the rig's install folder and return it."""
        folder = self.root / "install"
        for artifact in node_files(plan, node):
            path = folder / artifact.path
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(artifact.text.encode())
            path.chmod(0o755 if artifact.executable else 0o644)
        return folder

    def meminfo(self, **kibibytes: int) -> None:
        """Write /proc/meminfo; what is not named is 0."""
        keys = ["MemTotal", "MemFree", "MemAvailable", "Buffers", "Cached", "Shmem", "SReclaimable"]
        values = dict.fromkeys([*keys, "SwapTotal", "SwapFree"], 0) | kibibytes
        lines = [f"{key + ':':<16}{value:>8} kB" for key, value in values.items()]
        (self.root / "proc" / "meminfo").write_text("\n".join(lines) + "\n")

    def interface(self, name: str, *, address: str, state: str = "up", mtu: int = 9000, speed: int = 200_000) -> None:
        """Give the node an interface, and the kernel's list of local addresses."""
        folder = self.root / "sys" / "class" / "net" / name
        folder.mkdir(parents=True, exist_ok=True)
        for file, value in (("operstate", state), ("mtu", mtu), ("speed", speed)):
            (folder / file).write_text(f"{value}\n")
        net = self.root / "proc" / "net"
        net.mkdir(exist_ok=True)
        (net / "fib_trie").write_text(
            "Main:\n  +-- 0.0.0.0/0 3 0 5\n     |-- 10.0.0.0\n        /24 link UNICAST\n"
            f"     |-- {address}\n        /32 host LOCAL\n"
        )


def _words(path: Path) -> tuple[str, ...]:
    return tuple(path.read_bytes().decode().split("\0")[:-1]) if path.exists() else ()


@dataclass(frozen=True)
class Ended:
    """How a script ended: its status and what it wrote, without the start id and the time."""

    status: int
    log: str


class Start:
    """A start script that runs."""

    def __init__(self, rig: Rig, script: Path, environment: dict[str, str]) -> None:
        self.log_file = rig.root / "log"
        with self.log_file.open("wb") as log:
            self.process = subprocess.Popen(
                ["/bin/bash", "-p", str(script)],
                cwd=rig.root / "work",
                env=environment | {"PATH": rig.path()},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def log(self) -> str:
        return re.sub(r"^\[sparkc \S+ \S+\] ", "| ", self.log_file.read_text(errors="replace"), flags=re.MULTILINE)

    def wait_for(self, text: str, seconds: float = 5) -> None:
        """Wait until the log holds the text."""
        deadline = time.monotonic() + seconds
        while text not in self.log:
            assert time.monotonic() < deadline, f"{text!r} did not come:\n{self.log}"
            time.sleep(0.02)

    def signal(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def end(self, seconds: float = 5) -> Ended:
        """Wait for the end. What still runs of the session then is killed, as the end of a container would."""
        try:
            status = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"it did not end:\n{self.log}") from None
        finally:
            _kill_session(self.process.pid)
        return Ended(status, self.log)


def _kill_session(leader: int) -> None:
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            # Fields after the command: state, ppid, pgrp, session.
            session = int((folder / "stat").read_text().rpartition(")")[2].split()[3])
            if session == leader:
                os.kill(int(folder.name), signal.SIGKILL)
        except (OSError, IndexError):
            continue


def quick(text: str, rig: Rig, look_every: str = "0.05", say_every: int = 10) -> str:
    """Return the start script with the rig's kernel files and short pauses in place of the real ones."""
    for was, now in (
        ("readonly PROC=/proc SYS=/sys\n", f"readonly PROC={rig.root}/proc SYS={rig.root}/sys\n"),
        ("readonly STARTED_BEFORE=/tmp/.sparkc-started\n", f"readonly STARTED_BEFORE={rig.root}/started\n"),
        ("readonly LOOK_EVERY_S=2 SAY_EVERY_S=10\n", f"readonly LOOK_EVERY_S={look_every} SAY_EVERY_S={say_every}\n"),
        ("readonly LOOK_LIMIT_S=5 RAY_STATUS_LIMIT_S=30\n", "readonly LOOK_LIMIT_S=1 RAY_STATUS_LIMIT_S=1\n"),
    ):
        assert text.count(was) == 1, was
        text = text.replace(was, now)
    return text
