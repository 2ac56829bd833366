"""Compile specs in this process, for tests that look at plans and findings."""

from __future__ import annotations

import datetime
from functools import cache
from pathlib import Path

from sparkc.cli.toolbox import toolbox
from sparkc.driver import Compilation, Toolbox, compile_spec
from sparkc.source.project import Plugins

REPOSITORY = Path(__file__).parent.parent.parent
SPECS = REPOSITORY / "specs"
TODAY = datetime.date(2026, 11, 20)


@cache
def tools() -> Toolbox:
    return toolbox(Plugins())


def compiled(path: Path, root: Path | None = None) -> Compilation:
    return compile_spec(path, root or path.parent.parent, tools(), TODAY)


def compiled_text(text: str, folder: Path) -> Compilation:
    """Compile a spec given as text, in a folder that becomes its project."""
    path = folder / "specs" / "spec.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return compiled(path, folder)
