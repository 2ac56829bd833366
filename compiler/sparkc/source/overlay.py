"""Lay one mapping over another: maps merge, everything else replaces, null removes.

This is the JSON Merge Patch of https://www.rfc-editor.org/rfc/rfc7396, with places and origins kept, and one exception:
below the places in `KEEPS_NULL` a null is a word of its own and stays.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from sparkc.findings import KeyPath
from sparkc.source.node import Entry, Mapping, Node, Scalar

KEEPS_NULL: tuple[tuple[str, ...], ...] = (
    ("args",),  # null removes what sparkc set, long after overlays are merged
    ("env",),
    ("roles", "*"),  # a role and a variant are overlays themselves: their nulls remove when they are laid over
    ("variants", "*"),
)
"""Places below which a null is kept. `*` stands for any key."""


def overlay(base: Mapping, top: Mapping) -> Mapping:
    """Return `base` with `top` laid over it.

    Keys keep the order of `base`, new ones follow in the order of `top`. A key, and a mapping, that both have is said
    to stand where `top` has it.
    """
    return _overlay(base, top, ())


def unused_nulls(base: Mapping, top: Mapping) -> list[KeyPath]:
    """Return the places where `top` removes something that `base` does not have."""
    return list(_unused_nulls(base, top, ()))


def is_null(node: Node) -> bool:
    """Tell whether a node is a null."""
    return isinstance(node, Scalar) and node.value is None


def _overlay(base: Mapping | None, top: Mapping, at: KeyPath) -> Mapping:
    merged = dict(base.by_key) if base else {}
    for entry in top.entries:
        path = (*at, entry.key)
        below = merged.get(entry.key)
        if is_null(entry.value) and not _keeps_null(path):
            merged.pop(entry.key, None)
        elif isinstance(entry.value, Mapping):
            inner = below.value if below and isinstance(below.value, Mapping) else None
            merged[entry.key] = Entry(entry.key, entry.key_span, _overlay(inner, entry.value, path))
        else:
            merged[entry.key] = entry
    return replace(top, entries=tuple(merged.values()))


def _unused_nulls(base: Mapping | None, top: Mapping, at: KeyPath) -> Iterator[KeyPath]:
    for entry in top.entries:
        path = (*at, entry.key)
        below = base.value(entry.key) if base else None
        if isinstance(entry.value, Mapping):
            yield from _unused_nulls(below if isinstance(below, Mapping) else None, entry.value, path)
        elif is_null(entry.value) and below is None and not _keeps_null(path):
            yield path


def _keeps_null(path: KeyPath) -> bool:
    return any(_is_below(path, place) for place in KEEPS_NULL)


def _is_below(path: KeyPath, place: tuple[str, ...]) -> bool:
    return len(path) > len(place) and all(part in ("*", key) for part, key in zip(place, path, strict=False))
