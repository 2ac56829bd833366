"""The files that one spec becomes: everything below `generated/<name>`."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from sparkc.artifact import Artifact
from sparkc.writer import manifest


@dataclass(frozen=True)
class WantedFile:
    """What one file has to be."""

    content: bytes
    executable: bool = False

    @cached_property
    def sha256(self) -> str:
        """Return the digest of the content, in hex."""
        return hashlib.sha256(self.content).hexdigest()

    @property
    def mode(self) -> int:
        """Return the permission bits of a file that is created."""
        return 0o755 if self.executable else 0o644


@dataclass(frozen=True)
class Tree:
    """One `generated/<name>`, the base and all variants together.

    Args:
        name: of the spec; the name of the folder.
        artifacts: paths relative to `generated/<name>`, in any order.
        digest: of the resolved spec; goes into the manifest.

    Raises:
        ValueError: a name or path could leave the folder, or two files claim one place. A target has a bug.
    """

    name: str
    artifacts: tuple[Artifact, ...]
    digest: str

    def __post_init__(self) -> None:
        refuse_as_folder_name(self.name)
        paths = [artifact.path for artifact in self.artifacts]
        for path in paths:
            _refuse_as_path(path)
        _refuse_two_claims(paths)

    @cached_property
    def files(self) -> Mapping[str, WantedFile]:
        """Return every file by its path, sorted, the manifest among them."""
        files = {a.path: WantedFile(a.text.encode(), a.executable) for a in self.artifacts}
        entries = [manifest.Entry(path, file.mode, file.sha256) for path, file in files.items()]
        files[manifest.NAME] = WantedFile(manifest.render(self.digest, entries))
        return dict(sorted(files.items()))


def refuse_as_folder_name(name: str) -> None:
    """Raise ValueError unless `name` is one visible step of a path."""
    if not name or name.startswith(".") or "/" in name or "\0" in name:
        raise ValueError(f"a tree cannot be called {name!r}: it has to be one step of a path, without a leading dot")


def folders_above(path: str) -> Iterator[str]:
    """Yield every folder on the way to `path`, the nearest first."""
    while "/" in path:
        path = path.rpartition("/")[0]
        yield path


def _refuse_as_path(path: str) -> None:
    steps = path.split("/")
    if "\0" in path or any(step in ("", ".", "..") for step in steps):
        raise ValueError(f"an artifact cannot stand at {path!r}: the path has to be relative and stay in its folder")
    if path == manifest.NAME:
        raise ValueError(f"an artifact cannot be called {path!r}: the writer's own record has that name")


def _refuse_two_claims(paths: list[str]) -> None:
    seen = set(paths)
    if len(seen) != len(paths):
        twice = sorted(path for path in seen if paths.count(path) > 1)
        raise ValueError(f"two artifacts claim one path: {', '.join(twice)}")
    for path in sorted(seen):
        for folder in folders_above(path):
            if folder in seen:
                raise ValueError(f"one artifact is the file {folder!r}, another needs a folder there: {path!r}")
