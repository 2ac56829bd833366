"""Fetch a release with pip, and lay its Python files out for import."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

COMPILED = (".so", ".cu", ".cuh", ".h", ".a")
VERSION = re.compile(rb"(?m)^Version: (.*)$")


@dataclass(frozen=True)
class Release:
    """One version of an engine."""

    engine: str
    version: str

    @property
    def name(self) -> str:
        """Return the stem of its catalog file."""
        return f"{self.engine}-{self.version}"

    def __str__(self) -> str:
        return self.name


def at_hand(release: Release, folder: Path | None) -> Path | None:
    """Return a wheel of the release that somebody fetched before, or None."""
    found = folder.glob(f"{release.engine.replace('-', '_')}-{release.version}-*.whl") if folder else ()
    return next(iter(sorted(found)), None)


def download(release: Release, work: Path) -> Path:
    """Return the release's wheel for this machine; a build number in its name (`0.21.0-1`) is fine."""
    folder = work / "wheels"
    shutil.rmtree(folder, ignore_errors=True)
    words = ["download", "-qq", "--no-deps", "--no-cache-dir", "--only-binary", ":all:", "--dest", str(folder)]
    subprocess.run([sys.executable, "-m", "pip", *words, f"{release.engine}=={release.version}"], check=True)
    (wheel,) = folder.glob("*.whl")
    return wheel


def unpack(wheel: Path, folder: Path, *, compiled: bool = False) -> None:
    """Lay out the files of a wheel.

    vLLM up to 0.30.0 takes a machine for a CPU only when its own version says so, hence `+cpu`.
    """
    with zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            if name.endswith("/") or (name.endswith(COMPILED) and not compiled):
                continue
            content = archive.read(name)
            if name.endswith(".dist-info/METADATA"):
                content = VERSION.sub(rb"Version: \1+cpu", content, count=1)
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)


@contextmanager
def unpacked(wheel: Path, work: Path) -> Iterator[Path]:
    """Lay out what is no compiled code; the folder is removed again."""
    folder = work / "unpacked"
    shutil.rmtree(folder, ignore_errors=True)
    unpack(wheel, folder)
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def kept(release: Release, work: Path, *, compiled: bool = False) -> Path:
    """Return a folder with a release's files, downloading it the first time; the wheel itself is not kept.

    Args:
        compiled: whether compiled code is kept, too.
    """
    folder = work / "releases" / release.name
    if not folder.is_dir():
        wheel = download(release, work)
        part = folder.with_suffix(".part")
        shutil.rmtree(part, ignore_errors=True)
        unpack(wheel, part, compiled=compiled)
        part.rename(folder)
        wheel.unlink()
    return folder
