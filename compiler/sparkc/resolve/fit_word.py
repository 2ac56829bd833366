"""The word `fit`: where an author may leave a value to sparkc, and a document without it.

It is ours; an engine's own `auto` stays the engine's. It is taken out before a spec is typed, so that no field of a
spec ever holds it, and what was decided is laid over the author's words later (`fitting`).
"""

from __future__ import annotations

from sparkc.findings import KeyPath
from sparkc.source.document import Document
from sparkc.source.node import Entry, Mapping, Scalar
from sparkc.source.overlay import overlay

WORD = "fit"

MEMORY: KeyPath = ("serving", "memory")
CONTEXT: KeyPath = ("serving", "max_model_len")
PIN: KeyPath = ("serving", "memory", "kv_cache_memory_bytes")

PLACES = (MEMORY, CONTEXT, PIN)
"""Keys that may be left to sparkc, in the order in which they are decided."""


def fits_in(document: Document) -> tuple[KeyPath, ...]:
    """Return the keys at which a document says `fit`."""
    return tuple(place for place in PLACES if _says_fit(document, place))


def without_fits(document: Document) -> Document:
    """Return the document as if those keys had not been written."""
    root = document.root
    for place in fits_in(document):
        root = overlay(root, _removal(document, place))
    return Document(root)


def _says_fit(document: Document, place: KeyPath) -> bool:
    node = document.get(place)
    return isinstance(node, Scalar) and node.value == WORD


def _removal(document: Document, place: KeyPath) -> Mapping:
    """Return an overlay that removes one key; every mapping around it keeps its own place and layer."""
    span = document.span(place)
    node: Scalar | Mapping = Scalar(None, "null", span, document.layer(place))
    for depth in range(len(place) - 1, -1, -1):
        around = place[:depth]
        entry = Entry(str(place[depth]), document.key_span(place[: depth + 1]), node)
        node = Mapping((entry,), document.span(around), document.layer(around))
    assert isinstance(node, Mapping)
    return node
