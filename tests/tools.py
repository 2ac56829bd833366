"""Find the real tools that check artifacts; a missing one skips a test here and fails it in CI."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import NoReturn

import pytest


def need_tool(name: str) -> str:
    """Return the path of a program, or end the test: skipped with the reason, failed where `CI=true`."""
    beside_python = Path(sys.executable).parent
    found = shutil.which(name, path=f"{beside_python}{os.pathsep}{os.environ.get('PATH', os.defpath)}")
    if found is None:
        cannot(f"{name} is not installed")
    return found


def cannot(reason: str) -> NoReturn:
    """End a test for what this machine lacks: skipped with the reason, failed where `CI=true`."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"{reason}, and with CI=true nothing may be left out")
    pytest.skip(reason)
