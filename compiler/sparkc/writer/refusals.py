"""Say what the world refused: an error of the operating system becomes one sentence with the way out."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sparkc.findings import SparkcError

_WAY_OUT = {
    errno.ENOSPC: "the disk is full; free some space and build again",
    errno.EDQUOT: "the disk quota is used up; free some space and build again",
    errno.EROFS: "the file system is mounted read-only; build where it can be written",
    errno.EACCES: "permission denied; give this user the right to write there "
    "(files left by a build as root belong to root)",
    errno.EXDEV: "another file system is mounted inside the folder, and cannot move along; unmount it and build again",
    errno.EPERM: "the system does not permit it; give this user the right to write there",
}


@contextmanager
def one_sentence(doing: str) -> Iterator[None]:
    """Turn an OSError in the block into a SparkcError that starts with `doing` ("cannot write generated/pair")."""
    try:
        yield
    except OSError as refusal:
        reason = _WAY_OUT.get(refusal.errno or 0) or refusal.strerror or str(refusal)
        where = f" at {os.fsdecode(refusal.filename)}" if refusal.filename else ""
        raise SparkcError(f"{doing}{where}: {reason}") from refusal


def refuse_unless_real_folder(path: Path) -> None:
    """Raise SparkcError when a link or a file stands where a folder is wanted; nothing there is fine."""
    if path.is_symlink():
        raise SparkcError(
            f"{path} is a symbolic link, and sparkc replaces whole folders, which would cut the link: "
            "remove it, or name the folder that it leads to as the output folder"
        )
    if path.exists() and not path.is_dir():
        raise SparkcError(f"{path} is a file, and sparkc needs a folder of that name: move the file away")
