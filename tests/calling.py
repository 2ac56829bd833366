"""Call `sparkc` as a user does: a process of its own, in a folder of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).parent.parent


@dataclass(frozen=True)
class Called:
    """What came of a call."""

    status: int
    out: str
    err: str

    @property
    def text(self) -> str:
        return self.out + self.err


def sparkc(*arguments: str, cwd: Path, env: dict[str, str] | None = None) -> Called:
    """Run `sparkc` and return how it ended. CI is unset, so that the cache of answers is in play."""
    surroundings = {key: value for key, value in os.environ.items() if key != "CI"}
    done = subprocess.run(
        [sys.executable, "-m", "sparkc", *arguments],
        cwd=cwd,
        env={**surroundings, "NO_COLOR": "1", "COLUMNS": "200", **(env or {})},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return Called(done.returncode, done.stdout, done.stderr)


def project(folder: Path, **specs: str) -> Path:
    """Make a project with the given specs (`name="text"`) and return its folder."""
    (folder / "specs").mkdir(parents=True, exist_ok=True)
    (folder / "sparkc.toml").write_text('specs = ["specs"]\noutput = "generated"\n')
    for name, text in specs.items():
        (folder / "specs" / f"{name.replace('_', '-')}.yaml").write_text(text)
    return folder


def files_below(folder: Path) -> dict[str, bytes]:
    """Return every file below a folder, by its path."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}
