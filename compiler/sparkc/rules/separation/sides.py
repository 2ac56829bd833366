"""Prefill and decode beside each other: what rules about both of them ask."""

from __future__ import annotations

from sparkc.findings import KeyPath
from sparkc.resolve.facts import Facts


def is_apart(facts: Facts) -> bool:
    """Tell whether these are the facts of one side of a separated launch."""
    return facts.side is not None


def uses_mooncake(facts: Facts) -> bool:
    """Tell whether the KV cache goes from side to side through Mooncake."""
    return is_apart(facts) and (facts.kv_transfer.connector or "").startswith("Mooncake")


def other_side(facts: Facts) -> Facts:
    """Return the facts of the other side."""
    (other,) = facts.others
    return other


def is_to_blame(facts: Facts, *key: str) -> bool:
    """Tell whether a finding about both sides points at a key of this one: at decode's, unless only prefill says it."""
    other = other_side(facts)
    own, others = (side.key_in_spec(key) != key for side in (facts, other))
    return own and not others if facts.side == "prefill" else own or not others


def beside(facts: Facts, *key: str) -> tuple[tuple[KeyPath, str], ...]:
    """Return the remark that shows what the other side says itself at a key."""
    other = other_side(facts)
    place = other.key_in_spec(key)
    return ((place, f"{other.side} has this"),) if place != key else ()
