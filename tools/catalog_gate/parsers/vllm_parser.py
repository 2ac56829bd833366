"""Print what vLLM's own parser and classes know: `vllm_parser.py FOLDER ANSWERS`, questions as JSON on standard input.

Runs in the gate's own environment, with the release in FOLDER and no GPU.
"""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path
from types import ModuleType

from interview import answers
from vllm_classes import attention_backends, stages

SHARED = Path(__file__).parent.parent.parent / "engine_releases"
# Newest first: 0.33.0, 0.30.0, and before.
PLACES = ("vllm.entrypoints.common.cli_args", "vllm.entrypoints.launchers.cli_args", "vllm.entrypoints.openai.cli_args")


def main(release: str, file: str) -> None:
    """Write the answers."""
    sys.path[:0] = [release, str(SHARED)]
    arguments = first_of(PLACES)
    # In vllm.utils itself up to 0.11.0.
    flexible = first_of(("vllm.utils.argparse_utils", "vllm.utils")).FlexibleArgumentParser
    variables = importlib.import_module("vllm.envs").environment_variables
    parser = arguments.make_arg_parser(flexible())
    asked = json.load(sys.stdin)
    said = answers(parser, variables, asked["command_lines"])
    said |= {"stages": stages(), "backends": attention_backends(asked["head_sizes"], asked["capabilities"])}
    Path(file).write_text(json.dumps(said), "utf-8")


def first_of(names: tuple[str, ...]) -> ModuleType:
    """Return the first module that this release has; one that is there and cannot be imported ends the run."""
    for name in names:
        try:
            return importlib.import_module(name)
        except ModuleNotFoundError as missing:
            if missing.name is None or not name.startswith(missing.name):
                raise
    raise SystemExit(f"this release has none of {', '.join(names)}: the gate needs to learn its layout")


if __name__ == "__main__":
    main(*sys.argv[1:])
