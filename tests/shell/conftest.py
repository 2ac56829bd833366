"""A pretended fleet for each test."""

from __future__ import annotations

from pathlib import Path

import pytest
from fleet import Fleet

import plans


@pytest.fixture
def fleet(tmp_path: Path) -> Fleet:
    """Return two Sparks."""
    return Fleet(tmp_path, plans.two_sparks())
