"""Estimate how fast one request can be decoded at best: every step reads the active weights once."""

from __future__ import annotations

from fractions import Fraction

from sparkc.catalog.data import load
from sparkc.catalog.models import Shape
from sparkc.plan import DecodeBound
from sparkc.resolve.facts import Facts
from sparkc.resolve.memory.weights import expert_share


def decode_bound(facts: Facts) -> DecodeBound | None:
    """Return the roofline of one request; None where shape, size or bandwidth are not known.

    tokens per second = ranks that share each layer × bandwidth / active bytes of a token, as if all parameters had the
    same width. Launches have been seen slightly above it (gpt-oss-120b on one node), so it is never a gate.
    """
    shape, weights, hardware = facts.shape, facts.weight_bytes, facts.hardware
    if shape is None or weights is None or hardware is None or hardware.memory_bandwidth_measured is None:
        return None
    active = int(weights * active_share(shape))
    if active < 1:
        return None
    ranks, bandwidth = facts.tensor, hardware.memory_bandwidth_measured
    low, high, setups, link = _reached(facts)
    per_second = ranks * bandwidth / active
    return DecodeBound(
        tokens_per_second=round(per_second, 1),
        active_bytes=active,
        bandwidth=bandwidth,
        formula=f"{ranks} × {bandwidth / 1e9:.0f} GB/s / {active / 1e9:.1f} GB of active weights",
        reached_low=low,
        reached_high=high,
        reached_by=setups,
        link=link,
    )


def active_share(shape: Shape) -> Fraction:
    """Return which part of the parameters one token reads: all but the experts that it does not visit."""
    if not shape.experts:
        return Fraction(1)
    idle = Fraction(max(0, shape.experts - shape.experts_per_token), shape.experts)
    return 1 - expert_share(shape) * idle


def _reached(facts: Facts) -> tuple[float | None, float | None, str, str]:
    fabric = (facts.interconnect.kind or "tcp") if facts.is_distributed else "none"
    for group in load("memory", "decode-shares")["groups"]:
        if facts.nodes.hardware == "dgx-spark" and (group["nodes"], group["fabric"]) == (len(facts.hosts), fabric):
            return group["low"], group["high"], group["setups"], group["link"]
    return None, None, "", ""
