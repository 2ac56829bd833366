"""Ctrl-C on a real terminal ends every verb at once: status 130, no stray text, nothing left that runs."""

from __future__ import annotations

import os
import pty
import re
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NoReturn

import pytest
from fleet import Fleet, wait_until

SOON_S = 5


class Terminal:
    """A terminal on which a verb of launch.sh runs."""

    def __init__(self, fleet: Fleet, words: tuple[str, ...]) -> None:
        self.fleet = fleet
        self.text = ""
        self.shell, self.screen = pty.fork()
        if self.shell == 0:
            script = str(fleet.root / "shell" / "launch.sh")
            os.chdir(fleet.root)
            _be_a_login_shell([script, *words], fleet.environment())
        os.set_blocking(self.screen, False)
        wait_until(self._runs_the_verb)

    def _runs_the_verb(self) -> bool:
        """Tell whether the terminal is the verb's already."""
        return b"launch.sh" in _read(Path(f"/proc/{os.tcgetpgrp(self.screen)}/cmdline"))

    def shown(self) -> str:
        with suppress(BlockingIOError):
            self.text += os.read(self.screen, 65536).decode().replace("\r\n", "\n")
        return self.text

    def press_ctrl_c(self) -> tuple[str, str]:
        """Press it, wait for the end, and return the status and what was shown from then on."""
        os.write(self.screen, b"\x03")
        wait_until(lambda: re.search(r"status \d+\n", self.shown()) is not None, SOON_S)
        text, _, status = self.text.rpartition("status ")
        return status.partition("\n")[0], text.partition("^C")[2]

    def left_behind(self) -> list[str]:
        """Return what still runs of this fleet besides the login's shell."""
        mark = f"FLEET_ROOT={self.fleet.root}\0".encode()
        return [
            (folder / "cmdline").read_text()
            for folder in _processes()
            if int(folder.name) != self.shell and mark in _read(folder / "environ")
        ]

    def close(self) -> None:
        os.kill(self.shell, signal.SIGKILL)
        os.waitpid(self.shell, 0)
        os.close(self.screen)


def _be_a_login_shell(words: list[str], environment: dict[str, str]) -> NoReturn:
    """Run the words as the job in the foreground, say how it ended, and live on, as what the job left behind does."""
    signal.signal(signal.SIGTTOU, signal.SIG_IGN)
    job = os.fork()
    if job == 0:
        os.setpgid(0, 0)
        os.tcsetpgrp(0, os.getpid())
        signal.signal(signal.SIGTTOU, signal.SIG_DFL)
        # Python ignores the one, and raises an exception at the other.
        for usual in (signal.SIGPIPE, signal.SIGINT):
            signal.signal(usual, signal.SIG_DFL)
        os.execve(words[0], words, environment)
    code = os.waitstatus_to_exitcode(os.waitpid(job, 0)[1])
    os.write(1, f"status {code if code >= 0 else 128 - code}\n".encode())
    time.sleep(60)
    os._exit(0)


@contextmanager
def terminal(fleet: Fleet, *words: str) -> Iterator[Terminal]:
    opened = Terminal(fleet, words)
    try:
        yield opened
    finally:
        opened.close()


def _processes() -> list[Path]:
    return [folder for folder in Path("/proc").iterdir() if folder.name.isdigit()]


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError:
        return b""


@pytest.fixture
def serving(fleet: Fleet) -> Fleet:
    fleet.serves()
    assert fleet.run("up").status == 0
    return fleet


@pytest.mark.parametrize(
    ("words", "hangs"),
    [
        (("logs", "-f"), "logs"),
        (("logs", "-f", "spark-2"), "logs"),
        (("logs",), "logs"),
        (("status",), "status"),
        (("verify",), "logs"),
        (("bench",), "exec"),
        (("prepare",), "install"),
        (("preflight",), "preflight"),
        (("down",), "stop"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else None,
)
def test_ctrl_c_ends_a_verb_at_once_and_leaves_nothing(serving: Fleet, words: tuple[str, ...], hangs: str) -> None:
    for node in ("spark-1", "spark-2"):
        serving.play(node, hangs, "touch $here/asked; sleep 20")
    with terminal(serving, *words) as screen:
        wait_until(lambda: any((serving.node(node) / "asked").exists() for node in ("spark-1", "spark-2")))
        status, text = screen.press_ctrl_c()
        assert (status, text) == ("130", ""), screen.text
        try:
            wait_until(lambda: screen.left_behind() == [], SOON_S)
        except AssertionError:
            raise AssertionError(f"left behind: {screen.left_behind()}") from None
    places = {place for call in serving.calls("ssh") for place in re.findall(r"/tmp/sparkc\.\w+", " ".join(call.words))}
    assert places
    assert not [place for place in places if Path(place).exists()]


@pytest.mark.parametrize("verb", ["prepare", "verify", "status"])
def test_ctrl_c_is_heard_at_any_moment(serving: Fleet, verb: str) -> None:
    """A trap of bash 5.2 that runs while a command substitution is read made bash complain, or abort."""
    heard = 0
    for milliseconds in range(0, 150, 10):
        asked = len(serving.calls("ssh"))
        with terminal(serving, verb) as screen:
            # Before, bash reads its files and asks no node anything.
            wait_until(lambda: len(serving.calls("ssh")) > asked)  # noqa: B023
            time.sleep(milliseconds / 1000)
            status, text = screen.press_ctrl_c()
        if "^C" not in screen.text.rpartition("status ")[0] or (status != "130" and not text):
            break  # It had ended by itself, at the latest while the echo was shown.
        assert status == "130", screen.text
        # A line that the verb was just writing may follow the echo; a word of bash's own may not.
        assert not re.search(r"lib/|line \d+:|Abort|Terminated|error", text), screen.text
        heard += 1
    assert heard > 0
