"""Open a wheel, or a directory with installed packages, as a tree of files."""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from packaging.utils import canonicalize_name

from sparkc.findings import SparkcError

DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError)
METADATA = re.compile(r"^[^/]+\.dist-info/METADATA$")


@dataclass(frozen=True)
class Tree:
    """The files of one released package.

    Args:
        origin: what it was read from, without the path: the wheel's or the directory's name.
        package: name on the package index (`vllm-ascend`).
        version: as the package's metadata says.
        paths: every file, with forward slashes.
    """

    origin: str
    package: str
    version: str
    paths: frozenset[str]
    _read: Callable[[str], bytes]

    def text(self, path: str) -> str | None:
        """Return a file's text, or None when there is no such file."""
        return self._read(path).decode("utf-8", "replace") if path in self.paths else None

    def content(self, path: str) -> bytes:
        """Return a file's bytes."""
        return self._read(path)

    def below(self, folder: str, suffix: str = ".py") -> Iterator[str]:
        """Yield the paths in a folder that end in `suffix`, sorted."""
        yield from sorted(path for path in self.paths if path.startswith(folder) and path.endswith(suffix))


def open_tree(path: Path, packages: tuple[str, ...]) -> Tree:
    """Open a wheel, or a directory into which one of `packages` is installed.

    Raises:
        SparkcError: it is neither, is damaged, or holds none of the packages.
    """
    if path.is_dir():
        return _from_directory(path, packages)
    if not path.exists():
        raise SparkcError(f"{path} does not exist; name a wheel or a directory with installed packages")
    try:
        return _from_wheel(path, packages)
    except DAMAGE as trouble:
        raise _damaged(path, trouble) from trouble


def _from_wheel(path: Path, packages: tuple[str, ...]) -> Tree:
    archive = zipfile.ZipFile(path)
    paths = frozenset(name for name in archive.namelist() if not name.endswith("/"))
    metadata = [name for name in paths if METADATA.match(name)]
    if len(metadata) != 1:
        raise SparkcError(f"{path} holds {len(metadata)} METADATA files, a wheel has exactly one")
    name, version = _identity(archive.read(metadata[0]).decode("utf-8", "replace"))
    if name not in packages:
        raise SparkcError(f"{path} is {name} {version}; wanted one of {', '.join(packages)}")
    return Tree(path.name, name, version, paths, partial(_member, path, archive))


def _member(path: Path, archive: zipfile.ZipFile, name: str) -> bytes:
    try:
        return archive.read(name)
    except DAMAGE as trouble:
        raise _damaged(path, trouble) from trouble


def _damaged(path: Path, trouble: Exception) -> SparkcError:
    return SparkcError(f"{path} cannot be read as a wheel ({trouble}); download it again")


def _from_directory(path: Path, packages: tuple[str, ...]) -> Tree:
    for metadata in sorted(path.glob("*.dist-info/METADATA")):
        name, version = _identity(metadata.read_text("utf-8", "replace"))
        if name in packages:
            files = (found.relative_to(path).as_posix() for found in path.rglob("*") if found.is_file())
            return Tree(path.name, name, version, frozenset(files), lambda file: (path / file).read_bytes())
    wanted = ", ".join(packages)
    raise SparkcError(f"{path} holds no <name>.dist-info of {wanted}; name the site-packages directory itself")


def _identity(metadata: str) -> tuple[str, str]:
    fields = dict(line.split(": ", 1) for line in metadata.split("\n\n")[0].splitlines() if ": " in line)
    return canonicalize_name(fields.get("Name", "a package without a name")), fields.get("Version", "unknown").strip()
