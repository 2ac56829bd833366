"""Hold what stands on disk against what is wanted, and tell whose work each file is."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Literal

from sparkc.writer import manifest
from sparkc.writer.listing import Listing, is_executable, is_regular
from sparkc.writer.tree import WantedFile, folders_above

Pile = Literal["unchanged", "stale", "orphans", "foreign"]


class Why(StrEnum):
    """Why sparkc does not simply write over a file, as the end of a sentence that starts with its path."""

    EDITED = "was edited by hand since sparkc wrote it"
    MERGE_MARKERS = "holds the markers of an unresolved merge"
    NOT_A_FILE = "is no longer the plain file that sparkc wrote"
    NOT_OURS = "was not written by sparkc, and stands where sparkc wants to write"
    UNKNOWN = f"differs, and {manifest.NAME} is missing or damaged: it may have been edited by hand"


@dataclass(frozen=True, order=True)
class Clash:
    """A file that sparkc wants to replace or remove, and that may hold a person's work."""

    path: str
    why: Why


@dataclass(frozen=True)
class Comparison:
    """Every file, wanted or found, in exactly one of these. Paths are relative to the tree, and sorted.

    Args:
        unchanged: as wanted.
        stale: sparkc's own older content, or the wanted content without its executable bit; safe to write over.
        missing: wanted, not there.
        clashes: not safe to write over.
        orphans: sparkc's own, untouched, and wanted no more.
        foreign: other people's files, in nobody's way.
    """

    unchanged: tuple[str, ...]
    stale: tuple[str, ...]
    missing: tuple[str, ...]
    clashes: tuple[Clash, ...]
    orphans: tuple[str, ...]
    foreign: tuple[str, ...]

    @property
    def asks_for_nothing(self) -> bool:
        """Tell whether the tree already is what is wanted."""
        return not (self.stale or self.missing or self.clashes or self.orphans)

    @property
    def clashing(self) -> tuple[str, ...]:
        """Return the paths of the clashes alone."""
        return tuple(clash.path for clash in self.clashes)


def compare(folder: Path, wanted: Mapping[str, WantedFile]) -> Comparison:
    """Compare the tree in `folder`, which need not exist, with the wanted files."""
    found = Listing(folder)
    history = manifest.read(_manifest_content(folder, found))
    way_to_wanted = {above for path in wanted for above in folders_above(path)}

    piles: dict[Pile, list[str]] = {"unchanged": [], "stale": [], "orphans": [], "foreign": []}
    clashes: list[Clash] = []
    for path, status in sorted(found.leaves.items()):
        if path in wanted:
            verdict = _judge_wanted(folder, path, status, wanted[path], history)
        else:
            in_the_way = path in way_to_wanted or any(above in wanted for above in folders_above(path))
            verdict = _judge_unwanted(folder, path, status, history, in_the_way=in_the_way)
        if isinstance(verdict, Why):
            clashes.append(Clash(path, verdict))
        else:
            piles[verdict].append(path)

    missing = tuple(sorted(path for path in wanted if path not in found.leaves))
    return Comparison(missing=missing, clashes=tuple(clashes), **{name: tuple(pile) for name, pile in piles.items()})


def _judge_wanted(
    folder: Path, path: str, status: os.stat_result, want: WantedFile, history: manifest.History
) -> Why | Pile:
    if not is_regular(status):
        return Why.NOT_A_FILE
    content = (folder / path).read_bytes()
    if content == want.content:
        return "unchanged" if is_executable(status) == want.executable else "stale"
    if path == manifest.NAME:
        return "stale" if history.is_ours else Why.NOT_OURS
    if history.has_written(path, _sha256(content)):
        return "stale"
    if _has_merge_markers(content):
        return Why.MERGE_MARKERS
    if path in history.known:
        return Why.EDITED
    return Why.NOT_OURS if history.is_intact else Why.UNKNOWN


def _judge_unwanted(
    folder: Path, path: str, status: os.stat_result, history: manifest.History, *, in_the_way: bool
) -> Why | Pile:
    if path == manifest.NAME and history.is_ours:
        return "orphans"
    if path in history.known:
        if not is_regular(status):
            return Why.NOT_A_FILE
        return "orphans" if history.has_written(path, _sha256((folder / path).read_bytes())) else Why.EDITED
    return Why.NOT_OURS if in_the_way else "foreign"


def _manifest_content(folder: Path, found: Listing) -> bytes | None:
    status = found.leaves.get(manifest.NAME)
    return (folder / manifest.NAME).read_bytes() if status and is_regular(status) else None


def _has_merge_markers(content: bytes) -> bool:
    return all(re.search(rb"^" + marker + rb"( |$)", content, re.MULTILINE) for marker in (b"<" * 7, b">" * 7))


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
