"""Quadlet's units are read back with the reader that the tests of systemd's units use."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "systemd"))
