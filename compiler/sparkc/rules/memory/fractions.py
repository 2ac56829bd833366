"""The share of unified memory that an engine may take, and what it leaves."""

from __future__ import annotations

import math

from sparkc.plan import Plan
from sparkc.resolve.facts import Facts, HostFacts
from sparkc.resolve.memory.host import OUTSIDE
from sparkc.resolve.memory.predicates import HOST_WARN
from sparkc.rules.command_line import engine_flags
from sparkc.spec.sizes import in_gib

FLAG = "--gpu-memory-utilization"
KEY = ("serving", "memory", "gpu_memory_utilization")

PROVEN = 0.82
"""Ran for hours on two Sparks (https://al-engr.com/minimax-m2.7-dual-spark.html, gotcha 8), on three
(tonyd2wild/Minimax-M3-NVFP-3x-DGX-Sparks-TP-3), and beside other services (https://al-engr.com/minimax-sglang-debug.html)."""

MOST = 0.85
"""The highest of several published launches; the one that goes to 0.88 climbed there in steps."""


def fraction_of(plan: Plan) -> float | None:
    """Return the fraction that the engine is told; None when it gets none, or one that is no number."""
    setting = engine_flags(plan).get(FLAG)
    try:
        return float(setting.value) if setting and isinstance(setting.value, str) else None
    except ValueError:
        return None


def total_of(facts: Facts, host: HostFacts) -> int | None:
    """Return the bytes that a host's accelerator reports; None for unknown hardware."""
    return host.host.memory or (facts.hardware.memory_bytes if facts.hardware else None)


def reserved_on(host: HostFacts) -> int:
    """Return the bytes that other services on a host keep."""
    return sum(entry.memory or 0 for entry in host.host.reserved or ())


def largest_fraction(total: int, reserved: int) -> float:
    """Return the largest proven fraction, in hundredths, that leaves 8 GiB beside what is used and reserved."""
    for_engine = total - OUTSIDE.point - HOST_WARN - reserved
    return min(PROVEN, math.floor(100 * for_engine / total) / 100)


def arithmetic(name: str, total: int, reserved: int) -> str:
    """Return how a lowered fraction came about, for the node that decides."""
    return (
        f"{name} has {in_gib(total)}: less {in_gib(reserved)} reserved, {in_gib(OUTSIDE.point)} for driver and host "
        f"and {in_gib(HOST_WARN)} of room"
    )
