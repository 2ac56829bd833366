"""What several tests of the writer need to stand on."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from processes import NOBODY, run_without_power


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that an ordinary user can reach and owns; pytest's own are closed to others."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    if os.geteuid() == 0:
        os.chown(folder, NOBODY, NOBODY)
    yield folder
    run_without_power(lambda: open_up(folder))
    shutil.rmtree(folder)


def open_up(folder: Path) -> None:
    for inner, _, _ in os.walk(folder):
        Path(inner).chmod(0o755)
