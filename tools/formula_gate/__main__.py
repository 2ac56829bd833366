"""Hold the memory planner's formulas against the engines' own code, on a CPU.

python tools/formula_gate                         all releases, one after the other
python tools/formula_gate vllm-0.33.0 ray-2.54.0

For each release: download it (once; its files are kept in the work folder), import its code, ask it and the planner
the same questions, and compare. Figures go to docs/formula-gate.json and .md; the exit status is 1 when a number
differs by more than the planner documents.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from compared import ASK, ask, compare
from formula_figures import read_figures, write_figures

REPOSITORY = Path(__file__).parent.parent.parent
sys.path.append(str(REPOSITORY / "tools" / "engine_releases"))

from environment import prepare  # noqa: E402  (shared by the gates, which are no packages)
from releases import Release, kept  # noqa: E402

RELEASES = (
    *(
        Release("vllm", version)
        # Those with a catalog, and those in which a formula changed.
        for version in (
            "0.18.1", "0.19.1", "0.20.0", "0.21.0", "0.22.0", "0.23.0", "0.24.0", "0.26.0", "0.27.1", "0.28.0",
            "0.29.0", "0.30.0", "0.32.0", "0.33.0",
        )
    ),
    Release("sglang", "0.5.12"),
    Release("sglang", "0.5.23"),
    Release("ray", "2.54.0"),
    Release("ray", "2.60.0"),
)  # fmt: skip


def main(words: list[str]) -> int:
    """Run the gate and return its exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("releases", nargs="*", help="like vllm-0.33.0; all of them when absent")
    parser.add_argument("--work", type=Path, default=REPOSITORY / ".formula-gate", help="folder for what is downloaded")
    wanted = parser.parse_args(words)
    names = wanted.releases or [release.name for release in RELEASES]
    unknown = sorted(set(names) - {release.name for release in RELEASES})
    if unknown:
        parser.error(f"{', '.join(unknown)} is not compared; there are {', '.join(map(str, RELEASES))}")
    python = prepare(wanted.work)
    found = {figures.release: figures for figures in read_figures(REPOSITORY)}
    for release in RELEASES:
        if release.name in names:
            # vLLM's compiled code is large and needs a GPU's libraries; the others look for theirs when imported.
            folder = kept(release, wanted.work, compiled=release.engine != "vllm")
            asked = ASK[release.engine](release.version)
            figures = compare(release.engine, release.version, asked, ask(python, folder, release.engine, asked))
            print(figures.sentence(), flush=True)
            found[release.name] = figures
            write_figures(REPOSITORY, [found[each.name] for each in RELEASES if each.name in found])
    return 0 if all(found[name].passes for name in names) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
