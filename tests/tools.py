"""Find the real tools that check artifacts; a missing one skips a test here and fails it in CI."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import NoReturn

import pytest

# Where tools/real-tools.sh puts what the distribution does not have.
REAL_TOOLS = Path(__file__).parent.parent / ".tools"


def need_tool(name: str) -> str:
    """Return the path of a program, or end the test: skipped with the reason, failed where `CI=true`."""
    # Daemons lie where the PATH of a login that is not root's does not lead.
    system = (os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin")
    folders = (str(Path(sys.executable).parent), str(REAL_TOOLS / "bin"), *system)
    found = shutil.which(name, path=os.pathsep.join(folders))
    if found is None:
        cannot(f"{name} is not installed")
    return found


def cannot(reason: str) -> NoReturn:
    """End a test for what this machine lacks: skipped with the reason, failed where `CI=true`."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"{reason}, and with CI=true nothing may be left out")
    pytest.skip(reason)
