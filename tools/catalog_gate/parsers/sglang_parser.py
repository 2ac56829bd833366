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
from standins import Standins

# Imported on the way to the parser and used only when a model runs.
STANDINS = ("IPython", "torchvision", "sgl_kernel", "sglang_kernel", "flashinfer", "triton", "decord", "torchao")


def main(release: str, file: str) -> None:
    """Write the answers."""
    sys.path.insert(0, release)
    sys.meta_path.append(Standins(STANDINS))
    register_configurations_twice()
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


def register_configurations_twice() -> None:
    """Let SGLang register model configurations that this release of transformers already has."""
    from transformers import AutoConfig

    register = AutoConfig.register

    def again(name: str, config: type, exist_ok: bool = False) -> None:
        register(name, config, exist_ok=True)

    AutoConfig.register = staticmethod(again)


if __name__ == "__main__":
    main(*sys.argv[1:])
