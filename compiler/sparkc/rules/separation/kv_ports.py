"""The ports on which the ranks of a side hand over the KV cache, and where they are in nobody's way."""

from __future__ import annotations

from sparkc.resolve.facts import KV_PORTS, Facts
from sparkc.resolve.separation import SideName

LAST = 65535

EPHEMERAL = range(32768, 61000)
"""Where Linux takes the local ports of outgoing connections from (Documentation/networking/ip-sysctl.rst,
ip_local_port_range, 32768 to 60999 when nobody changes it)."""


def kv_ports(facts: Facts) -> range:
    """Return the ports of all ranks of a side, over all its machines."""
    return range(facts.kv_port, facts.kv_port + facts.world_size)


def touch(one: range, other: range) -> bool:
    """Tell whether two ranges have a port in common."""
    return max(one.start, other.start) < min(one.stop, other.stop)


def in_words(ports: range) -> str:
    """Return a range as a reader counts it, both ends included."""
    return f"{ports.start} to {ports.stop - 1}"


def way_out(facts: Facts, side: SideName) -> str | None:
    """Return the change that puts a side's ports where nothing else takes any; None when there is no room."""
    other: SideName = "decode" if side == "prefill" else "prefill"
    ranks, others = facts.of_side(side).world_size, kv_ports(facts.of_side(other))
    for first in (KV_PORTS[side], max(others.stop, EPHEMERAL.stop)):
        ports = range(first, first + ranks)
        if not touch(ports, others) and ports.stop - 1 <= LAST:
            return f"set kv_transfer.ports.{side} to {first}"
    return None
