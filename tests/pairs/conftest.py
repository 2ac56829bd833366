"""A pair runs on the machines that the tests of its targets boot."""

from __future__ import annotations

import sys
from pathlib import Path

TESTS = Path(__file__).parents[1]
sys.path[:0] = [str(TESTS / "systemd"), str(TESTS / "quadlet")]
