"""Tell how the output folder differs from what would be written, and write nothing."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from sparkc.writer import manifest
from sparkc.writer.comparison import Clash, compare
from sparkc.writer.refusals import one_sentence, refuse_unless_real_folder
from sparkc.writer.tree import Tree


@dataclass(frozen=True)
class Drift:
    """How one tree differs. Paths are relative to it and sorted.

    Args:
        stale: sparkc's own work, older than the spec; `build` rewrites it.
        edited: by hand, or possibly; `build` refuses, `build --force` writes over it.
        missing: wanted and not there.
        orphans: sparkc's own work that is wanted no more; `build` removes it.
        foreign: other people's files. No drift: they stay.
    """

    stale: tuple[str, ...] = ()
    edited: tuple[Clash, ...] = ()
    missing: tuple[str, ...] = ()
    orphans: tuple[str, ...] = ()
    foreign: tuple[str, ...] = ()

    @property
    def is_none(self) -> bool:
        """Tell whether `build` would change nothing."""
        return not (self.stale or self.edited or self.missing or self.orphans)


def check(root: Path, tree: Tree) -> Drift:
    """Compare `root/<tree.name>` with what `write` would make of it.

    Raises:
        SparkcError: a link or file is in the place of a folder, or something cannot be read.
    """
    live = root / tree.name
    with one_sentence(f"cannot check {live}"):
        refuse_unless_real_folder(root)
        refuse_unless_real_folder(live)
        found = compare(live, tree.files)
    return Drift(found.stale, found.clashes, found.missing, found.orphans, found.foreign)


def orphan_trees(root: Path, names: Collection[str]) -> list[str]:
    """Return the folders that sparkc wrote for specs that are there no more.

    Args:
        root: the output folder; need not exist.
        names: of all trees that the specs still produce.
    """
    with one_sentence(f"cannot look through {root}"):
        refuse_unless_real_folder(root)
        if not root.exists():
            return []
        return sorted(f.name for f in root.iterdir() if f.name not in names and _is_tree_of_ours(f))


def _is_tree_of_ours(folder: Path) -> bool:
    record = folder / manifest.NAME
    if folder.name.startswith(".") or folder.is_symlink() or record.is_symlink() or not record.is_file():
        return False
    content = record.read_bytes()
    return bool(content.strip()) and manifest.read(content).is_ours
