"""The same spec with another engine version pinned, to see what an upgrade would do."""

from __future__ import annotations

from sparkc.findings import KeyPath
from sparkc.source.document import Document
from sparkc.source.node import Entry, Mapping, Node, Scalar
from sparkc.source.overlay import overlay

LAYER = "--engine-version"
VERSION: KeyPath = ("engine", "version")
CATALOG: KeyPath = ("engine", "fork", "catalog")


def with_engine_version(document: Document, version: str) -> Document:
    """Return the document with `engine.version` replaced; findings point at the place of the pinned one.

    The catalog of a fork is left out: it is of the version that is pinned now.
    """
    root = overlay(document.root, _nested(document, VERSION, version))
    if document.get(CATALOG) is not None:
        root = overlay(root, _nested(document, CATALOG, None))
    return Document(root)


def _nested(document: Document, path: KeyPath, value: str | None) -> Mapping:
    """Return mappings around one value, each standing where the document has it."""
    node: Node = Scalar(value, value or "null", document.span(path), LAYER)
    for end in range(len(path), 0, -1):
        entry = Entry(str(path[end - 1]), document.key_span(path[:end]), node)
        node = Mapping((entry,), document.span(path[: end - 1]), LAYER)
    assert isinstance(node, Mapping)
    return node
