"""Print what SGLang's own parser knows: `sglang_parser.py FOLDER ANSWERS`, command lines as JSON on standard input.

Runs in the gate's own environment, with the release in FOLDER and no GPU.
"""

from __future__ import annotations

import argparse
import importlib
import json
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

from interview import answers

SHARED = Path(__file__).parent.parent.parent / "engine_releases"


def main(release: str, file: str) -> None:
    """Write the answers."""
    sys.path[:0] = [release, str(SHARED)]
    standins = importlib.import_module("standins")
    standins.stand_in(standins.SGLANG)
    standins.register_configurations_twice()
    environ = importlib.import_module("sglang.srt.environ")
    arguments = importlib.import_module("sglang.srt.server_args")
    parser = argparse.ArgumentParser()
    server_args(arguments).add_cli_args(parser)
    variables = declared(environ)
    Path(file).write_text(json.dumps(answers(parser, variables, json.load(sys.stdin)["command_lines"])), "utf-8")


def server_args(arguments: ModuleType) -> Any:
    """Return the class; from 0.5.23 on the module binds its name anew to a record that is made from it."""
    return arguments.ServerArgs


def declared(environ: ModuleType) -> list[str]:
    """Return the names of the descriptors of `Envs`."""
    return [name for name, field in vars(environ.Envs).items() if isinstance(field, environ.EnvField)]


if __name__ == "__main__":
    main(*sys.argv[1:])
