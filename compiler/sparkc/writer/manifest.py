"""MANIFEST.json: the record, inside each tree, of what sparkc wrote there.

It is committed, so it gets merged, cut short and edited like any other file. It is therefore read line by line: each
line that is whole still tells what it knows, conflict markers around it or not.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

NAME = "MANIFEST.json"

_NOTE = '  "note": "written by sparkc build; edit the spec, not these files",'
_SPEC = re.compile(r'^  "spec": "([^"\\\n]*)",$', re.MULTILINE)
_ENTRY = re.compile(
    r'^    ("(?:[^"\\\n]|\\.)*"): \{"mode": "(0[0-7]{3})", "sha256": "([0-9a-f]{64})"\},?$', re.MULTILINE
)


@dataclass(frozen=True, order=True)
class Entry:
    """One file as it was written: path in the tree, permission bits, digest of the content in hex."""

    path: str
    mode: int
    sha256: str


@dataclass(frozen=True)
class History:
    """What a manifest on disk can still tell.

    Args:
        known: for each path the digests of contents that sparkc wrote there. More than one where two branches
            were merged and both lines are left.
        is_ours: the manifest carries sparkc's note, or is empty; another tool's file of that name is not.
        is_intact: exactly as sparkc wrote it. Otherwise a path that is not in `known` may still be sparkc's.
    """

    known: Mapping[str, frozenset[str]] = field(default_factory=dict)
    is_ours: bool = False
    is_intact: bool = False

    def has_written(self, path: str, sha256: str) -> bool:
        """Tell whether sparkc once wrote this content to this path."""
        return sha256 in self.known.get(path, frozenset())


def render(digest: str, entries: Iterable[Entry]) -> bytes:
    """Return the manifest: one line per file, sorted, so that a diff shows which files changed."""
    lines = [f'    {_quoted(e.path)}: {{"mode": "{e.mode:04o}", "sha256": "{e.sha256}"}}' for e in sorted(entries)]
    files = ",\n".join(lines)
    return f'{{\n{_NOTE}\n  "spec": {_quoted(digest)},\n  "files": {{\n{files}\n  }}\n}}\n'.encode()


def read(content: bytes | None) -> History:
    """Return what the manifest tells; None stands for a manifest that is not there."""
    if content is None:
        return History()
    text = content.decode(errors="replace")
    entries = [Entry(json.loads(path), int(mode, 8), sha256) for path, mode, sha256 in _ENTRY.findall(text)]
    known: dict[str, frozenset[str]] = {}
    for entry in entries:
        known[entry.path] = known.get(entry.path, frozenset()) | {entry.sha256}
    spec = _SPEC.search(text)
    return History(
        known,
        is_ours=_NOTE in text.splitlines() or not content.strip(),
        is_intact=spec is not None and render(spec[1], entries) == content,
    )


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
