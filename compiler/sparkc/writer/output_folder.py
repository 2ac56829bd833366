"""Hold the output folder while it is written: made if absent, locked against a second build."""

from __future__ import annotations

import errno
import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sparkc.findings import SparkcError
from sparkc.writer.refusals import refuse_unless_real_folder

PATIENCE_S = 60.0
_POLL_S = 0.05

# NFS turns flock into a record lock, which it grants for writing only to files opened for writing, and a folder
# cannot be opened that way (flock(2), "NFS details"). There two builds at once are the user's to avoid.
_CANNOT_LOCK_FOLDERS = {errno.EBADF, errno.EINVAL, errno.ENOLCK, errno.ENOSYS, errno.ENOTSUP}


@contextmanager
def held(root: Path, patience_s: float = PATIENCE_S) -> Iterator[None]:
    """Make the output folder if it is absent and keep other builds out of it for the block.

    The lock is on the folder itself: no lock file is left behind, and a killed build holds nothing.

    Raises:
        SparkcError: a link or file is in its place, or another build is still writing after `patience_s` seconds.
    """
    refuse_unless_real_folder(root)
    root.mkdir(parents=True, exist_ok=True)
    folder = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
    try:
        _lock(folder, root, patience_s)
        yield
    finally:
        os.close(folder)


def _lock(folder: int, root: Path, patience_s: float) -> None:
    give_up = time.monotonic() + patience_s
    while True:
        try:
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > give_up:
                raise SparkcError(
                    f"another sparkc build has been writing to {root} for {patience_s:.0f} seconds: "
                    "let it finish or stop it, then build again"
                ) from None
            time.sleep(_POLL_S)
        except OSError as refusal:
            if refusal.errno not in _CANNOT_LOCK_FOLDERS:
                raise
            return
        else:
            return
