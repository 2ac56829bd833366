"""What a Plan can be turned into: one folder per target."""

from __future__ import annotations

from importlib import import_module

from sparkc.artifact import Target

ALL_TARGETS: tuple[str, ...] = ("shell", "compose", "systemd", "quadlet", "ascend")
"""Folders of this package, each with a `TARGET`; imported only when something is compiled."""


def load_targets() -> tuple[Target, ...]:
    """Return every target, in the order of `ALL_TARGETS`."""
    return tuple(import_module(f"sparkc_targets.{name}").TARGET for name in ALL_TARGETS)
