"""A build that is killed at any moment leaves each tree old or new, and the next build finishes the work."""

from __future__ import annotations

import os
import random
import signal
import time
from pathlib import Path

from calling import PAIR, files_below, import_what_a_build_imports, project

MOMENTS = 200
OLD = PAIR + "targets: [shell]\n"
NEW = OLD.replace("port: 8000", "port: 8001")


def build_in_a_child(folder: Path) -> int:
    """Fork a child that builds; everything that a build imports is there already. Return its process id."""
    from sparkc.cli.app import app

    child = os.fork()
    if child == 0:
        os.chdir(folder)
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 1)
        os.dup2(nowhere, 2)
        try:
            app(["build"])
        finally:
            os._exit(0)
    return child


def built(folder: Path, text: str) -> dict[str, bytes]:
    (folder / "specs/x.yaml").write_text(text)
    os.waitpid(build_in_a_child(folder), 0)
    return files_below(folder / "generated/pair")


def test_200_killed_builds_leave_the_tree_old_or_new(tmp_path: Path) -> None:
    import_what_a_build_imports()
    place = project(tmp_path, x=OLD)
    new, old = built(place, NEW), built(place, OLD)
    assert new != old
    began = time.monotonic()
    built(place, NEW), built(place, OLD)
    usual = (time.monotonic() - began) / 2
    chance = random.Random(20261120)
    seen = {"old": 0, "new": 0}
    wanted, former = new, old
    for _ in range(MOMENTS):
        (place / "specs/x.yaml").write_text(NEW if wanted is new else OLD)
        child = build_in_a_child(place)
        time.sleep(chance.uniform(0, usual * 1.4))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        here = files_below(place / "generated/pair")
        assert here in (wanted, former)
        seen["new" if here == wanted else "old"] += 1
        if here == wanted:
            wanted, former = former, wanted
    assert min(seen.values()) > MOMENTS // 20, f"the kills did not spread over the build: {seen}"
    assert built(place, NEW) == new
    leftovers = [path.name for path in (place / "generated").iterdir() if path.name != "pair"]
    assert leftovers == []
