"""Hold every committed vLLM and SGLang catalog against the engine's own argument parser.

python tools/catalog_gate                         all versions, one after the other
python tools/catalog_gate vllm-0.33.0 sglang-0.5.23

For each version: download the release, extract its catalog anew, import the real parser on a CPU, and compare. Engine
command lines in generated/ are given to the parser of their version. Figures go to docs/catalog-gate.json and .md; the
exit status is 1 when a name is missing or surplus, a catalog is not what its release extracts to, or a line is refused.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from command_lines import CommandLine, command_lines
from figures import Figures, compare, read_figures, write_figures
from real_parser import Interview, ask

from sparkc.catalog.engine import available
from sparkc.extract.release import catalog_text

REPOSITORY = Path(__file__).parent.parent.parent
sys.path.append(str(REPOSITORY / "tools" / "engine_releases"))

from environment import prepare  # noqa: E402  (shared by the gates, which are no packages)
from releases import Release, at_hand, download, unpacked  # noqa: E402

CATALOGS = REPOSITORY / "compiler/sparkc/catalog/engines"
ENGINES = ("vllm", "sglang")


def main(words: list[str]) -> int:
    """Run the gate and return its exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("releases", nargs="*", help="like vllm-0.33.0; every committed one when absent")
    parser.add_argument("--work", type=Path, default=REPOSITORY / ".catalog-gate", help="folder for what is downloaded")
    parser.add_argument("--wheels", type=Path, help="folder with wheels that need not be downloaded again")
    wanted = parser.parse_args(words)
    committed = [Release(engine, version) for engine in ENGINES for version in available(engine)]
    names = wanted.releases or [release.name for release in committed]
    unknown = sorted(set(names) - {release.name for release in committed})
    if unknown:
        parser.error(f"no catalog is committed for {', '.join(unknown)}; there are {', '.join(map(str, committed))}")
    python = prepare(wanted.work)
    lines = command_lines(REPOSITORY / "generated")
    found = {figures.release: figures for figures in read_figures(REPOSITORY)}
    for release in committed:
        if release.name in names:
            figures = gate(release, wanted, python, [line for line in lines if line.release == release.name])
            print(figures.sentence(), flush=True)
            found[release.name] = figures
            write_figures(REPOSITORY, [found[each.name] for each in committed if each.name in found])
    return 0 if all(found[name].passes for name in names) else 1


def gate(release: Release, wanted: argparse.Namespace, python: Path, lines: list[CommandLine]) -> Figures:
    """Return how one committed catalog compares; nothing that was downloaded is left behind."""
    fetched = at_hand(release, wanted.wheels)
    wheel = fetched or download(release, wanted.work)
    try:
        extracted = catalog_text(wheel)
        with unpacked(wheel, wanted.work) as folder:
            answer = ask(python, folder, Interview(release.engine, tuple(line.words for line in lines)))
    finally:
        if wheel != fetched:
            wheel.unlink()
    committed = (CATALOGS / f"{release.name}.json").read_text("utf-8")
    return compare(release.name, committed, extracted, answer, lines)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
