"""Read the keys of a config.json as its configuration class reads them: other names, defaults, and what is wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sparkc.catalog.data import load
from sparkc.catalog.models import Attention

LARGEST = 2**50


class RefusedError(Exception):
    """Something in the file is missing, contradictory, or of a kind that is not known."""


@dataclass(frozen=True)
class Keys:
    """The keys of one config.json, read as its configuration class reads them.

    Args:
        architecture: its `model_type`; `kind` is how it remembers its context.
        stated: what the file says, under the names that the class gives it.
        defaults: what an absent key means. A key that is null is not absent.
        every: each so-many-th layer sees the whole context when the file lists none; 0 when the class has no rule.
    """

    architecture: str
    kind: Attention
    stated: dict[str, Any]  # Any: JSON of unknown origin; each value is checked where it is used
    defaults: Mapping[str, Any] = field(default_factory=dict)  # Any: numbers and switches
    every: int = 0

    def get(self, name: str) -> Any:  # Any: JSON
        """Return what the file says, else what the class takes for granted, else None."""
        return self.stated[name] if name in self.stated else self.defaults.get(name)

    def states(self, name: str) -> bool:
        """Tell whether the file itself has a value for a key."""
        return self.stated.get(name) is not None


def known_keys(part: dict[str, Any]) -> Keys:  # Any: JSON of unknown origin; each value is checked where it is used
    """Return the keys of a language model's part; an architecture that is not known is refused by name."""
    architecture = part.get("model_type")
    known: dict[str, dict[str, Any]] = load("memory", "architectures")["architectures"]
    if not isinstance(architecture, str):
        raise RefusedError("it names no `model_type`")
    if architecture not in known:
        raise RefusedError(
            f"the architecture {architecture[:60]} is not understood; wanted one of {', '.join(sorted(known))}"
        )
    entry = known[architecture]
    missing = [name for name in entry.get("needs", ()) if part.get(name) is None]
    if missing:
        raise RefusedError(f"`{missing[0]}` is missing, and the engine reads it without a default")
    return Keys(
        architecture=architecture,
        kind=entry["attention"],
        stated=_renamed(part, entry.get("keys", {})),
        defaults=entry.get("defaults", {}),
        every=entry.get("every", 0),
    )


def _renamed(part: dict[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """Return the file's keys under one name each; two names with two values contradict each other."""
    stated = {name: value for name, value in part.items() if name not in names}
    for other, name in names.items():
        if other not in part:
            continue
        if stated.get(name, part[other]) != part[other]:
            raise RefusedError(f"`{name}` is {short(stated[name])} and `{other}`, its other name, {short(part[other])}")
        stated[name] = part[other]
    return stated


_MAY_BE_ZERO = (
    "qk_rope_head_dim",
    "qk_nope_head_dim",
    "num_nextn_predict_layers",
    "mtp_num_hidden_layers",
    "num_local_experts",
    "num_experts",
    "n_routed_experts",
    "num_kv_shared_layers",
    "sliding_window",
    "moe_intermediate_size",
    "intermediate_size",
)
"""Keys in which 0 says that there is none. In any other it is a mistake, and not the same as an absent key."""


def number(keys: Keys, *names: str) -> int:
    """Return the first of these keys that is there."""
    found = optional(keys, *names)
    if found == 0:
        raise RefusedError(f"`{names[0]}` is missing or 0, and it decides how much memory a token takes")
    return found


def optional(keys: Keys, *names: str) -> int:
    """Return the number under these names, which mean the same; 0 when none is there."""
    stated = {name: whole_number(name, keys.stated[name]) for name in names if keys.states(name)}
    if len(set(stated.values())) > 1:
        first, second = list(stated.items())[:2]
        raise RefusedError(f"`{first[0]}` is {first[1]} and `{second[0]}`, which means the same, {second[1]}")
    if stated:
        return next(iter(stated.values()))
    if any(name in keys.stated for name in names):
        return 0
    return next((whole_number(name, keys.defaults[name]) for name in names if keys.defaults.get(name) is not None), 0)


def whole_number(name: str, value: Any) -> int:  # Any: JSON
    """Return the value of a key as the amount that it must be."""
    least = 0 if name in _MAY_BE_ZERO else 1
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= LARGEST:
        raise RefusedError(f"`{name}` is {short(value)}, wanted a whole number from {least} to 2^50")
    return value


def short(value: object) -> str:
    """Return a value as a message can hold it."""
    return str(value)[:40]
