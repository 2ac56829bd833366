"""Build the successor of a tree beside it, exchange the two, and clear the old one away."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Collection, Mapping
from contextlib import ExitStack
from pathlib import Path

from sparkc.writer.disk import side_by_side, sync
from sparkc.writer.exchange import Exchange, new_beside, put_in_place, remove_folder
from sparkc.writer.listing import Listing
from sparkc.writer.tree import WantedFile, folders_above

# What file systems without hard links answer, and what Linux answers for another user's file when
# fs.protected_hardlinks is set (proc_sys_fs(5)). EXDEV is not among them: it means that something is mounted in the
# tree, and a mount cannot move along.
_CANNOT_LINK = {errno.EPERM, errno.EMLINK, errno.ENOSYS, errno.ENOTSUP}


def replace_tree(
    live: Path, keep: Collection[str], make: Mapping[str, WantedFile], drop: Collection[str], exchange: Exchange
) -> None:
    """Replace the folder `live` by one that holds what is kept and what is made.

    Args:
        live: the folder; need not exist.
        keep: paths that are carried over as they are.
        make: files to write, by path.
        drop: paths that are left behind. A file in none of the three was put there while we were building:
            it is carried over afterwards.
        exchange: how two folders change places.
    """
    new = new_beside(live)
    new.mkdir()
    with ExitStack() as undo:
        undo.callback(remove_folder, new)
        _fill(new, live, keep, make, drop)
        replaced = put_in_place(new, live, exchange)
        undo.pop_all()
    if replaced.exists():
        _clear_away(replaced, live, ours=frozenset(make) | frozenset(drop))


def remove_tree_at_once(live: Path) -> None:
    """Remove the folder `live`: a kill leaves it whole or gone."""
    doomed = new_beside(live)
    live.rename(doomed)
    remove_folder(doomed)


def _fill(new: Path, live: Path, keep: Collection[str], make: Mapping[str, WantedFile], drop: Collection[str]) -> None:
    surviving = _surviving_folders(Listing(live), keep, make, drop)
    for folder in sorted({above for path in (*keep, *make) for above in folders_above(path)} | surviving):
        (new / folder).mkdir()
    for path in sorted(keep):
        _carry_over(live / path, new / path)
    for path, file in make.items():
        _write(new / path, file)
    # The old tree is removed as soon as the new one has its place: until then the new one has to be on disk. A first
    # build has no old tree to lose, and waits for no disk: a power cut may damage what can be built again.
    if live.exists():
        side_by_side(sync, (new / path for path in (*make, *Listing(new).folders, ".")))
    # Inner before outer, and last of all: a folder may be without permission to enter it.
    for folder in sorted(surviving, reverse=True):
        shutil.copystat(live / folder, new / folder)
    if live.exists():
        shutil.copystat(live, new)


def _write(path: Path, file: WantedFile) -> None:
    path.write_bytes(file.content)
    path.chmod(file.mode)


def _surviving_folders(
    found: Listing, keep: Collection[str], make: Mapping[str, WantedFile], drop: Collection[str]
) -> set[str]:
    """Return the old folders that go on: those still in use, and those that a person made and left empty."""
    in_use = {above for path in (*keep, *make) for above in folders_above(path)}
    emptied = {above for path in drop for above in folders_above(path)} - in_use
    replaced = {folder for folder in found.folders if any(step in make for step in (folder, *folders_above(folder)))}
    inhabited = found.folders.keys() - emptied - replaced
    return inhabited | {above for folder in inhabited for above in folders_above(folder)}


def _carry_over(source: Path, target: Path) -> None:
    """Give the same file a second name: owner, times and attributes stay what they are."""
    try:
        os.link(source, target, follow_symlinks=False)
    except OSError as refusal:
        if refusal.errno not in _CANNOT_LINK:
            raise
        shutil.copy2(source, target, follow_symlinks=False)
        if not target.is_symlink():
            sync(target)


def _clear_away(replaced: Path, live: Path, ours: frozenset[str]) -> None:
    """Remove the replaced folder, after moving over what a person saved in it since it was read."""
    for path, status in Listing(replaced).leaves.items():
        successor = live / path
        if path in ours or (os.path.lexists(successor) and os.path.samestat(successor.lstat(), status)):
            continue
        successor.parent.mkdir(parents=True, exist_ok=True)
        (replaced / path).replace(successor)
    remove_folder(replaced)
