"""`python -m sparkc.extract WHEEL_OR_DIRECTORY [-o FILE]`: write the catalog of one release."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from sparkc.extract import ascend, ray, sglang, vllm
from sparkc.extract.catalog_file import text_of
from sparkc.extract.tree import open_tree
from sparkc.findings import SparkcError

READERS = {"vllm": vllm.read, "ray": ray.read, "sglang": sglang.read, "vllm-ascend": ascend.read}


def catalog_text(path: Path) -> str:
    """Return the catalog file for a wheel or an installed directory.

    Raises:
        SparkcError: the path is no wheel, is damaged, of another project, or of a layout that is not known.
    """
    tree = open_tree(path, tuple(READERS))
    return text_of(READERS[tree.package](tree))


def main(words: list[str]) -> int:
    """Write the catalog, to a file or to standard output; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m sparkc.extract", description=__doc__)
    parser.add_argument("release", type=Path, help="a wheel, or a directory with installed packages")
    parser.add_argument("-o", "--output", type=Path, help="file to write; standard output when absent")
    wanted = parser.parse_args(words)
    try:
        text = catalog_text(wanted.release)
    except SparkcError as refusal:
        sys.stderr.write(f"{refusal}\n")
        return refusal.status
    if wanted.output is None:
        sys.stdout.write(text)
    else:
        _write(wanted.output, text)
    return 0


def _write(path: Path, text: str) -> None:
    """Write the whole file or nothing."""
    partial = path.with_name(f".{path.name}.partial")
    partial.write_text(text, "utf-8")
    partial.replace(path)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
