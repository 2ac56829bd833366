"""Print what SGLang's own parser knows: `sglang_parser.py FOLDER ANSWERS`, command lines as JSON on standard input.

Runs in the gate's own environment, with the release in FOLDER and no GPU.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.abc
import importlib.machinery
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from interview import answers

# Imported on the way to the parser and used only when a model runs.
STANDINS = ("IPython", "torchvision", "sgl_kernel", "sglang_kernel", "flashinfer", "triton", "decord", "torchao")


def main(release: str, file: str) -> None:
    """Write the answers."""
    sys.path.insert(0, release)
    sys.meta_path.append(Standins())
    register_configurations_twice()
    environ = importlib.import_module("sglang.srt.environ")
    arguments = importlib.import_module("sglang.srt.server_args")
    parser = argparse.ArgumentParser()
    server_args(arguments).add_cli_args(parser)
    variables = declared(environ)
    Path(file).write_text(json.dumps(answers(parser, variables, json.load(sys.stdin))), "utf-8")


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


class Anything(ModuleType):
    """A module, class or function that is whatever its importer wants."""

    __path__: list[str] = []  # noqa: RUF012  (what makes a module a package)
    __version__ = "0"

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return Anything(f"{self.__name__}.{name}")

    def __call__(self, *words: Any, **named: Any) -> Any:
        """Return what a decorator would return: the function itself."""
        return words[0] if len(words) == 1 and callable(words[0]) else self

    def __mro_entries__(self, bases: tuple[object, ...]) -> tuple[type, ...]:
        return (object,)


class Standins(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Find the modules that are not installed and not needed. Asked last, so that real ones win."""

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """Return a spec for a stand-in, or None."""
        if name.partition(".")[0] not in STANDINS:
            return None
        return importlib.machinery.ModuleSpec(name, self, is_package=True)

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType:
        """Return the stand-in."""
        return Anything(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """Do nothing: there is nothing to run."""


if __name__ == "__main__":
    main(*sys.argv[1:])
