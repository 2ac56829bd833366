"""The Python in which engines are imported on a machine without a GPU."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

REQUIREMENTS = Path(__file__).parent / "requirements.txt"


def prepare(work: Path) -> Path:
    """Return the Python that can import the engines, installing what they need the first time."""
    venv = work / "venv"
    python = venv / "bin" / "python"
    stamp = venv / "installed.txt"
    wanted = REQUIREMENTS.read_text("utf-8")
    if not stamp.is_file() or stamp.read_text("utf-8") != wanted:
        subprocess.run([sys.executable, "-m", "venv", str(venv)], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", "-r", str(REQUIREMENTS)], check=True)
        stamp.write_text(wanted, "utf-8")
    return python
