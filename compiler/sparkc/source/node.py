"""Values that remember where they were written, by which layer, and how the author spelled them."""

from __future__ import annotations

from collections.abc import Mapping as Lookup
from dataclasses import dataclass, replace
from functools import cached_property

from sparkc.findings import Span


class Integer(int):
    """An int that keeps the author's spelling in `text` (`0x10`, `007`).

    It is an int everywhere: equal, hashed, printed and dumped as one. pydantic accepts it as an `int`, strict or not,
    and hands on a plain int without `text`; a field that must arrive as typed takes `Any` and reads `text`.
    """

    text: str

    def __new__(cls, value: int, text: str | None = None) -> Integer:
        """Return the number; without `text` it is spelled as Python prints it."""
        number = super().__new__(cls, value)
        number.text = int.__repr__(number) if text is None else text
        return number

    def __getnewargs__(self) -> tuple[int, str]:  # type: ignore[override]  # int's own names one argument
        return int(self), self.text


class Decimal(float):
    """A float that keeps the author's spelling in `text` (`0.970`, `1e10`); otherwise as `Integer`."""

    text: str

    def __new__(cls, value: float, text: str | None = None) -> Decimal:
        """Return the number; without `text` it is spelled as Python prints it."""
        number = super().__new__(cls, value)
        number.text = float.__repr__(number) if text is None else text
        return number

    def __getnewargs__(self) -> tuple[float, str]:  # type: ignore[override]  # float's own names one argument
        return float(self), self.text


Plain = None | bool | int | float | str
"""What a scalar can hold. Numbers are `Integer` and `Decimal` when they come from text."""


@dataclass(frozen=True)
class Scalar:
    """One value. `text` is what the author typed for a number, null or boolean, and the content of a string."""

    value: Plain
    text: str
    span: Span
    layer: str


@dataclass(frozen=True)
class Sequence:
    """A list."""

    items: tuple[Node, ...]
    span: Span
    layer: str


@dataclass(frozen=True)
class Entry:
    """A key of a mapping and what stands behind it."""

    key: str
    key_span: Span
    value: Node


@dataclass(frozen=True)
class Mapping:
    """Keys with values, in the author's order. No key occurs twice."""

    entries: tuple[Entry, ...]
    span: Span
    layer: str

    @cached_property
    def by_key(self) -> Lookup[str, Entry]:
        """Return the entries by key."""
        return {entry.key: entry for entry in self.entries}

    def get(self, key: str) -> Entry | None:
        """Return the entry of a key, if there is one."""
        return self.by_key.get(key)

    def value(self, key: str) -> Node | None:
        """Return what stands behind a key, if there is such a key."""
        entry = self.by_key.get(key)
        return entry.value if entry else None

    def without(self, *keys: str) -> Mapping:
        """Return the same mapping less some keys."""
        return replace(self, entries=tuple(entry for entry in self.entries if entry.key not in keys))


Node = Scalar | Sequence | Mapping


def kind_of(node: Node) -> str:
    """Return what a node is, as a sentence would say it: "a mapping", "a number"."""
    if isinstance(node, Mapping):
        return "a mapping"
    if isinstance(node, Sequence):
        return "a list"
    if node.value is None:
        return "nothing"
    if isinstance(node.value, bool):
        return f"`{node.text}`"
    return "text" if isinstance(node.value, str) else "a number"


def relabelled(node: Node, layer: str) -> Node:
    """Return the same node, said to come from another layer. Depth is bounded where text is parsed."""
    if isinstance(node, Mapping):
        return relabelled_mapping(node, layer)
    if isinstance(node, Sequence):
        return replace(node, layer=layer, items=tuple(relabelled(item, layer) for item in node.items))
    return replace(node, layer=layer)


def relabelled_mapping(mapping: Mapping, layer: str) -> Mapping:
    """Return the same mapping, said to come from another layer."""
    entries = tuple(replace(entry, value=relabelled(entry.value, layer)) for entry in mapping.entries)
    return replace(mapping, layer=layer, entries=entries)
