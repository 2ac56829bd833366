"""From a wheel or an installed directory to the text of its catalog."""

from __future__ import annotations

from pathlib import Path

from sparkc.extract import ascend, ray, sglang, vllm
from sparkc.extract.catalog_file import text_of
from sparkc.extract.tree import open_tree

READERS = {"vllm": vllm.read, "ray": ray.read, "sglang": sglang.read, "vllm-ascend": ascend.read}


def catalog_text(path: Path) -> str:
    """Return the catalog file for a wheel or an installed directory.

    Raises:
        SparkcError: the path is no wheel, is damaged, of another project, or of a layout that is not known.
    """
    tree = open_tree(path, tuple(READERS))
    return text_of(READERS[tree.package](tree))
