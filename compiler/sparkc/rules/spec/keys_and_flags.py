"""Which key of the spec says which flag of the engine."""

from __future__ import annotations

from dataclasses import dataclass

from sparkc.resolve.engines import words_of
from sparkc.resolve.engines.values import canonical
from sparkc.resolve.facts import Facts


@dataclass(frozen=True)
class KeyOfFlag:
    """The key behind a flag; `says_no` where the flag is the key's no (`--disable-radix-cache`)."""

    key: tuple[str, ...]
    says_no: bool = False


def key_of(facts: Facts, flag: str) -> KeyOfFlag | None:
    """Return the key of the spec that says a flag, given by its canonical name."""
    words = words_of(facts)
    for key, said in (*words.plain_flags, *words.key_flags):
        if canonical(facts, said) == flag:
            return KeyOfFlag(key)
    for switch in words.switches:
        if flag in (switch.on, switch.off) and switch.off_value is None:
            return KeyOfFlag(switch.key, says_no=flag == switch.off)
    return None


def is_made_per_node(facts: Facts, flag: str) -> bool:
    """Tell whether sparkc makes a flag for each host, so that it differs from node to node."""
    words = words_of(facts)
    made = (*words.node_flags, *(words.rank_flags if facts.ranks_are_servers else ()))
    return flag in {canonical(facts, said) for said in made}


DERIVED_RAY_FLAGS = ("--head", "--address", "--node-ip-address", "--block")
"""Flags of `ray start` that differ per node."""
