"""A cable between two machines of the tests."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from typing import Literal

from tools import need_tool


@dataclass(frozen=True)
class End:
    """One end: a process of the machine, and the port that the machine shall see."""

    process: int
    interface: str
    address: str


def lay_cable(one: End, other: End) -> None:
    """Give both machines their port; it goes when one of them ends."""
    ip = need_tool("ip")
    ends = [[end.interface, "netns", str(end.process)] for end in (one, other)]
    _run(ip, "link", "add", *ends[0], "type", "veth", "peer", "name", *ends[1])
    for end in (one, other):
        _ip_on(end, "address", "add", f"{end.address}/24", "dev", end.interface)
        plug(end, "up")


def plug(end: End, state: Literal["up", "down"]) -> None:
    """Plug one end in, or pull it."""
    _ip_on(end, "link", "set", end.interface, state)


def _ip_on(end: End, *words: str) -> None:
    _run(need_tool("nsenter"), "--target", str(end.process), "--net", need_tool("ip"), *words)


def _run(*words: str) -> None:
    done = subprocess.run(words, capture_output=True, text=True)
    assert done.returncode == 0, f"{words}: {done.stderr}"
