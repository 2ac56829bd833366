"""Answer with Ray's own code: `ray_formulas.py FOLDER ANSWERS`, questions as JSON on standard input.

Runs in the gates' own environment, with the release in FOLDER, compiled code included.
"""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path
from unittest import mock


def main(release: str, file: str) -> None:
    """Write the answers."""
    sys.path.insert(0, release)
    utils = importlib.import_module("ray._private.utils")

    def store(memory: int, shared: int) -> int:
        with mock.patch.object(utils, "get_shared_memory_bytes", return_value=shared):
            return int(utils.resolve_object_store_memory(memory))

    questions = json.load(sys.stdin)
    said = {"stores": [store(*each) for each in questions["stores"]]}
    Path(file).write_text(json.dumps(said), "utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
