"""Time whole `sparkc` commands as ratios to a bare `python -c pass`: figures that hold on any machine.

make bench                         what architecture asks for
python tools/bench.py --specs 200  how a build grows with the number of specs
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from itertools import pairwise
from pathlib import Path

from sparkc.catalog.engine import ENGINES, open_catalog

REPOSITORY = Path(__file__).parent.parent
RUNS = 15
CATALOG_LIMIT_MS = 2.0
LIMITS = {"--version": 3.0, "--help": 8.0, "build --check, up to date": 8.0, "build, cold, one spec": 30.0}


def main() -> int:
    """Print the ratios; end with 1 when one is over its limit."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--specs", type=int, default=0, help="also build this many specs at once")
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder)
        prepare(project)
        bare = seconds(lambda: run([sys.executable, "-c", "pass"], project))
        print(f"python -c pass             {bare * 1000:6.1f} ms")
        ratios = {
            "--version": seconds(lambda: sparkc(project, "--version")) / bare,
            "--help": seconds(lambda: sparkc(project, "--help")) / bare,
            "build --check, up to date": seconds(lambda: sparkc(project, "build", "--check")) / bare,
            "build, cold, one spec": seconds(lambda: cold_build(project)) / bare,
        }
        for name, ratio in ratios.items():
            verdict = "ok" if ratio <= LIMITS[name] else "OVER"
            print(f"{name:26} {ratio:6.1f} x   limit {LIMITS[name]:4.0f} x   {verdict}")
        print("of a cold build:")
        print_what_a_build_spends(project)
        slowest, took = slowest_catalog()
        verdict = "ok" if took <= CATALOG_LIMIT_MS else "OVER"
        print(f"catalog of {slowest:15} {took:6.2f} ms  limit {CATALOG_LIMIT_MS:4.0f} ms  {verdict}")
        if wanted.specs:
            print_growth(project, wanted.specs)
    return int(took > CATALOG_LIMIT_MS or any(ratio > LIMITS[name] for name, ratio in ratios.items()))


def slowest_catalog() -> tuple[str, float]:
    """Return the engine catalog that takes longest to load and ask for one flag, and how many milliseconds that is."""

    def load(path: Path) -> None:
        open_catalog(json.loads(path.read_bytes())).flag("--no-such-flag")

    times = {path.stem: seconds(partial(load, path)) * 1000 for path in sorted(ENGINES.glob("*.json"))}
    name = max(times, key=times.__getitem__)
    return name, times[name]


def prepare(project: Path) -> None:
    """Make a project with one spec, build it, and let an answer be remembered."""
    (project / "specs").mkdir()
    shutil.copy(REPOSITORY / "sparkc.toml", project)
    shutil.copy(REPOSITORY / "specs/minimax-m27.yaml", project / "specs")
    sparkc(project, "build")
    sparkc(project, "build", "--check")


def cold_build(project: Path) -> None:
    """Compile and write everything anew."""
    shutil.rmtree(project / "generated", ignore_errors=True)
    sparkc(project, "build")


# What a build does before it reads a spec, as `python -c` programs that each contain the one before.
STAGES = {
    "Python itself": "import gc; gc.disable()",
    "typer and pydantic": "import typer; from pydantic import BaseModel, TypeAdapter",
    "jinja2, PyYAML, packaging": "import jinja2, packaging.specifiers, yaml",
    "the compiler's modules": "import sparkc.cli.app, sparkc.cli.compiling as cli",
    "rules and targets": "cli.toolbox(cli.Plugins())",
}


def print_what_a_build_spends(project: Path) -> None:
    """Print how much of a cold build goes into importing, package by package, and how much is left for its work.

    The stages take turns, so that a busy machine burdens all of them alike.
    """
    actions: list[Callable[[], None]] = []
    program = ""
    for step in STAGES.values():
        program += f"{step}; "
        actions.append(partial(run, [sys.executable, "-c", f"{program}gc.freeze()"], project))
    actions.append(partial(cold_build, project))
    rounds = [[stopped(action) for action in actions] for _ in range(RUNS)]
    until = [statistics.median(times) for times in zip(*rounds, strict=True)]
    spent = [until[0], *(later - earlier for earlier, later in pairwise(until))]
    for name, took in zip((*STAGES, "compile, render and write"), spent, strict=True):
        print(f"  {name:26} {took / until[0]:4.1f} x")


def print_growth(project: Path, count: int) -> None:
    """Print how long a tenth of the specs and all of them take, per spec."""
    text = (project / "specs/minimax-m27.yaml").read_text(encoding="utf-8")
    made = 0
    for goal in (max(1, count // 10), count):
        for number in range(made, goal):
            spec = text.replace("name: minimax-m27\n", f"name: launch-{number}\n")
            (project / "specs" / f"launch-{number}.yaml").write_text(spec, encoding="utf-8")
        made = goal
        shutil.rmtree(project / "generated", ignore_errors=True)
        begin = time.perf_counter()
        sparkc(project, "build")
        took = time.perf_counter() - begin
        print(f"build of {goal + 1:5} specs      {took:6.1f} s    {took / (goal + 1) * 1000:6.1f} ms a spec")


def sparkc(project: Path, *words: str) -> None:
    """Run one `sparkc` command to its end, as the console script does."""
    run([str(Path(sys.executable).parent / "sparkc"), *words], project)


def run(command: list[str], cwd: Path) -> None:
    """Run a command and insist on success.

    Compiled modules and templates are kept, as they are for every user who did not ask Python for something else.
    """
    env = {key: value for key, value in os.environ.items() if key not in ("PYTHONDONTWRITEBYTECODE", "CI")}
    done = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")


def seconds(action: Callable[[], None]) -> float:
    """Return the median of several runs, after one that warms the file cache."""
    action()
    return statistics.median(stopped(action) for _ in range(RUNS))


def stopped(action: Callable[[], None]) -> float:
    """Return how long one run takes."""
    begin = time.perf_counter()
    action()
    return time.perf_counter() - begin


if __name__ == "__main__":
    sys.exit(main())
