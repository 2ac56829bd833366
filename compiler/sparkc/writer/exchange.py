"""Put a finished folder in the place of an old one, so that a kill at any moment leaves the old or the new.

On Linux the kernel exchanges two names in one step (renameat2(2), RENAME_EXCHANGE). Where it cannot, the names of the
folders are the journal:

    .NAME.sparkc-new     being built, or already replaced: worth nothing
    .NAME.sparkc-ready   complete and on disk: takes its place if NAME is gone, and is worth nothing while NAME stands
    .NAME.sparkc-final   complete and on disk: takes its place, NAME is being removed
    .NAME.sparkc-old     replaced: worth nothing

`recover` reads that journal at the start of the next build.
"""

from __future__ import annotations

import errno
import os
import re
import shutil
import stat
from collections.abc import Callable
from pathlib import Path

from sparkc.writer.disk import sync
from sparkc.writer.listing import Listing

Exchange = Callable[[Path, Path], None]

_AT_FDCWD = -100
_RENAME_EXCHANGE = 2

# renameat2(2): ENOSYS is a kernel, EINVAL a file system without the flag. EXDEV comes from overlayfs for a folder of a
# lower layer, such as a checkout that an earlier layer of a container image brought along
# (Linux documentation, filesystems/overlayfs, "Renaming directories").
_CANNOT_EXCHANGE = {errno.ENOSYS, errno.EINVAL, errno.ENOTSUP, errno.EXDEV}

_OURS = re.compile(r"\.(?P<name>.+)\.sparkc-(?P<state>new|ready|final|old)")


def new_beside(live: Path) -> Path:
    """Return where the successor of `live` is built."""
    return _beside(live, "new")


def exchange_by_kernel(one: Path, other: Path) -> None:
    """Exchange two folders in one step, or raise OSError."""
    import ctypes

    library = ctypes.CDLL(None, use_errno=True)
    if not hasattr(library, "renameat2"):
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))
    if library.renameat2(_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), _RENAME_EXCHANGE):
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code), str(other))


def put_in_place(new: Path, live: Path, exchange: Exchange) -> Path:
    """Let `new` take the place of `live`, and return where the replaced folder now stands, if there was one."""
    replaced = new
    if not live.exists():
        new.rename(live)
        return replaced
    try:
        exchange(new, live)
    except OSError as refusal:
        if refusal.errno not in _CANNOT_EXCHANGE:
            raise
        replaced = _put_in_place_by_journal(new, live)
    sync(live.parent)
    return replaced


def recover(root: Path) -> None:
    """Finish or undo what a killed build left in the output folder, and remove its temporary folders."""
    leftovers = [
        (Path(entry.path), match["name"], match["state"])
        for entry in sorted(os.scandir(root), key=lambda entry: entry.name)
        if (match := _OURS.fullmatch(entry.name)) and entry.is_dir(follow_symlinks=False)
    ]
    for folder, name, state in leftovers:
        if state == "final":
            _finish(folder, root / name)
        elif state == "ready" and not (root / name).exists():
            folder.rename(root / name)
    for folder, _, _ in leftovers:
        remove_folder(folder)
    if leftovers:
        sync(root)


def remove_folder(folder: Path) -> None:
    """Remove a folder and all below it; one that is not there is fine."""
    if not folder.exists():
        return
    for path, status in Listing(folder).folders.items():
        _make_removable(folder / path, status)
    _make_removable(folder, folder.lstat())
    shutil.rmtree(folder)


def _beside(live: Path, state: str) -> Path:
    return live.with_name(f".{live.name}.sparkc-{state}")


def _put_in_place_by_journal(new: Path, live: Path) -> Path:
    ready, old = _beside(live, "ready"), _beside(live, "old")
    new.rename(ready)
    sync(live.parent)
    try:
        live.rename(old)
    except OSError as refusal:
        if refusal.errno != errno.EXDEV:
            raise
        final = _beside(live, "final")
        ready.rename(final)
        _finish(final, live)
    else:
        ready.rename(live)
    return old


def _finish(final: Path, live: Path) -> None:
    sync(live.parent)
    remove_folder(live)
    final.rename(live)


def _make_removable(folder: Path, status: os.stat_result) -> None:
    if status.st_mode & stat.S_IRWXU != stat.S_IRWXU:
        folder.chmod(stat.S_IMODE(status.st_mode) | stat.S_IRWXU)
