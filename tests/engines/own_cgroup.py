"""A cgroup for one machine of the tests: two that shared one would count, and kill, each other's processes."""

from __future__ import annotations

import os
import time
from pathlib import Path

from tools import cannot

ENTER = ("/bin/sh", "-c", 'echo $$ >"$1/cgroup.procs"; shift; exec "$@"', "enter")
"""Stands before a cgroup and a command: the command runs in it, with all that it starts."""


def new_cgroup() -> Path:
    """Make a cgroup, or end the test where none can be made."""
    for line in Path("/proc/self/mounts").read_text().splitlines():
        _, place, kind, options, *_ = line.split()
        if kind == "cgroup2" and "rw" in options.split(","):
            folder = Path(place) / f"sparkc-test-{os.getpid()}-{time.monotonic_ns()}"
            folder.mkdir()
            return folder
    return cannot("no cgroup2 hierarchy can be written")


def remove_cgroup(cgroup: Path) -> None:
    """Remove it with those below it, as soon as the kernel has ended what ran in them."""
    for _ in range(100):
        try:
            for folder in sorted(cgroup.rglob("*/"), reverse=True):
                folder.rmdir()
            cgroup.rmdir()
        except OSError:
            time.sleep(0.05)
        else:
            return
