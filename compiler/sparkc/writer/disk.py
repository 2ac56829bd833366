"""Wait until files and folders are on disk."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path

# Asked for one after the other, a journalling file system commits once for each; asked for side by side, it commits
# many at once: on ext4 the 360 files and folders of a build took a twentieth of the time.
SIDE_BY_SIDE = 8


def sync(path: Path) -> None:
    """Wait until a file's content, or the names in a folder, are on disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def side_by_side(work: Callable[[Path], None], paths: Iterable[Path]) -> None:
    """Do the work for all paths, several at a time.

    Raises:
        OSError: the first refusal, once all others have been asked too.
    """
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        for answer in [pool.submit(work, path) for path in paths]:
            answer.result()
