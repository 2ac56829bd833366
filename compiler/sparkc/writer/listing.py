"""What stands in a folder, links not followed."""

# `uptodate` imports this module, and importing dataclasses or pathlib costs more than its whole work.
# ruff: noqa: PTH112

from __future__ import annotations

import os
import stat


class Listing:
    """Everything below one folder, by path relative to it; empty when the folder does not exist.

    `leaves` are files, links and whatever else is no folder; `folders` are the folders, outer before inner. The
    values are what `lstat` says.
    """

    def __init__(self, top: str | os.PathLike[str]) -> None:
        self.leaves: dict[str, os.stat_result] = {}
        self.folders: dict[str, os.stat_result] = {}
        if os.path.isdir(top):
            self._enter(os.fspath(top), "")

    def _enter(self, folder: str, prefix: str) -> None:
        with os.scandir(folder) as entries:
            for entry in sorted(entries, key=lambda entry: entry.name):
                path = prefix + entry.name
                status = entry.stat(follow_symlinks=False)
                if stat.S_ISDIR(status.st_mode):
                    self.folders[path] = status
                    self._enter(entry.path, path + "/")
                else:
                    self.leaves[path] = status


def is_regular(status: os.stat_result) -> bool:
    """Tell whether it is a plain file: no link, no folder, no device."""
    return stat.S_ISREG(status.st_mode)


def is_executable(status: os.stat_result) -> bool:
    """Tell whether the owner may run it: the one permission that git carries, so the only one worth comparing."""
    return bool(status.st_mode & stat.S_IXUSR)
