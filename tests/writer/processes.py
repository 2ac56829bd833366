"""Run a piece of a test in a child process: to lose the powers of root, or to be killed."""

from __future__ import annotations

import concurrent.futures.thread
import ctypes
import os
import sys
import traceback
from collections.abc import Callable

NOBODY = 65534

IMPORTED_LATE = (concurrent.futures.thread, ctypes)
"""What the writer imports once it replaces a tree: an ordinary user may not read root's Python."""


def start(work: Callable[[], None]) -> int:
    """Run `work` in a forked child and return its process id; the child ends with 0, or 1 after a traceback."""
    child = os.fork()
    if child:
        return child
    status = 1
    try:
        work()
        status = 0
    except BaseException:  # a child must never return into pytest
        traceback.print_exc()
    sys.stderr.flush()
    os._exit(status)


def exit_status(child: int) -> int:
    """Wait for a child; a negative number is the signal that killed it."""
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def run_without_power(work: Callable[[], None]) -> None:
    """Run `work` as an ordinary user and fail if it fails."""

    def step_down_and_work() -> None:
        if os.geteuid() == 0:
            os.setgroups([])
            os.setgid(NOBODY)
            os.setuid(NOBODY)
        work()

    assert exit_status(start(step_down_and_work)) == 0
