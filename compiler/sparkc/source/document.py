"""A whole spec, or a part of one, as values that can be asked where they stand."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from sparkc.findings import KeyPath, Span
from sparkc.source.node import Mapping, Node, Sequence, relabelled_mapping
from sparkc.source.overlay import overlay


@dataclass(frozen=True)
class Document:
    """A mapping with look-up by key path (`("nodes", "hosts", 0, "address")`)."""

    root: Mapping

    def plain(self) -> dict[str, Any]:  # Any: values of a spec before they are typed
        """Return dicts, lists and scalars; numbers are still `Integer` and `Decimal`."""
        return {entry.key: plain(entry.value) for entry in self.root.entries}

    def keys(self) -> tuple[str, ...]:
        """Return the keys at the top, in order."""
        return tuple(self.root.by_key)

    def get(self, path: KeyPath) -> Node | None:
        """Return what stands at a path, if something does."""
        found = self._nodes(path)
        return found[-1] if len(found) == len(path) + 1 else None

    def at(self, path: KeyPath) -> Document | None:
        """Return the mapping at a path as a document of its own, if there is one."""
        node = self.get(path)
        return Document(node) if isinstance(node, Mapping) else None

    def span(self, path: KeyPath) -> Span:
        """Return where the value at a path stands.

        For a key that is missing: where the key of the innermost mapping or list around it stands, or the beginning
        of the text when that is the whole document.
        """
        found = self._nodes(path)
        if len(found) == len(path) + 1 and path:
            return found[-1].span
        return self.key_span(path[: len(found) - 1])

    def key_span(self, path: KeyPath) -> Span:
        """Return where the key of a path stands; of a list item the item, of the whole document its beginning."""
        if not path:
            whole = self.root.span
            return replace(whole, end_line=whole.line, end_column=whole.column)
        parent = self.get(path[:-1])
        if isinstance(parent, Mapping):
            entry = parent.get(str(path[-1]))
            if entry:
                return entry.key_span
        return self.span(path)

    def layer(self, path: KeyPath) -> str:
        """Return which file, variant, role or host gave the value at a path, or the innermost thing around it."""
        return self._nodes(path)[-1].layer

    def without(self, *keys: str) -> Document:
        """Return the same document less some keys at the top."""
        return Document(self.root.without(*keys))

    def _nodes(self, path: KeyPath) -> list[Node]:
        """Return the nodes along a path from the root, as far as they exist."""
        nodes: list[Node] = [self.root]
        for part in path:
            child = _child(nodes[-1], part)
            if child is None:
                break
            nodes.append(child)
        return nodes


def plain(node: Node) -> Any:
    """Return the node as a dict, list or scalar."""
    if isinstance(node, Mapping):
        return {entry.key: plain(entry.value) for entry in node.entries}
    if isinstance(node, Sequence):
        return [plain(item) for item in node.items]
    return node.value


def lifted(document: Document, at: KeyPath, keys: tuple[str, ...], layer: str) -> Mapping | None:
    """Return an overlay of the listed keys of the mapping at a path, or None when it has none of them.

    Args:
        document: holds the mapping.
        at: its path, such as `("nodes", "hosts", 1)`.
        keys: those that speak about the whole spec, such as `interconnect`.
        layer: the origin that the values get, such as "host spark-2".
    """
    node = document.get(at)
    if not isinstance(node, Mapping):
        return None
    entries = tuple(entry for entry in node.entries if entry.key in keys)
    return relabelled_mapping(replace(node, entries=entries), layer) if entries else None


def with_overlay(document: Document, at: KeyPath, keys: tuple[str, ...], layer: str) -> Document:
    """Return the document with the listed keys of the mapping at a path laid over its top; arguments as `lifted`."""
    top = lifted(document, at, keys, layer)
    return Document(overlay(document.root, top)) if top else document


def _child(node: Node, part: str | int) -> Node | None:
    if isinstance(node, Mapping) and isinstance(part, str):
        return node.value(part)
    if isinstance(node, Sequence) and isinstance(part, int) and 0 <= part < len(node.items):
        return node.items[part]
    return None
