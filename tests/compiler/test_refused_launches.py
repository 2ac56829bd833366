"""Launches that were tried and never served: what sparkc says against each, word by word."""

from __future__ import annotations

from pathlib import Path

import pytest
from compiling import compiled
from pytest_snapshot.plugin import Snapshot

from sparkc.report import Format, render

REFUSED = Path(__file__).parent.parent / "refused"
SPECS = sorted(REFUSED.glob("*.yaml"))


@pytest.mark.parametrize("spec", SPECS, ids=[spec.stem for spec in SPECS])
def test_a_launch_that_never_served_is_refused_for_what_was_found_out(spec: Path, snapshot: Snapshot) -> None:
    compilation = compiled(spec, REFUSED)

    assert compilation.has_errors
    assert compilation.tree is None
    snapshot.snapshot_dir = REFUSED / "snapshots"
    snapshot.assert_match(render(compilation.findings, {}, Format.TEXT), f"{spec.stem}.txt")
