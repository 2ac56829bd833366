"""Modules that engines import on the way and use only when a model runs on a GPU.

Used by scripts that run in the engines' own environment.
"""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import sys
from collections.abc import Sequence
from types import ModuleType
from typing import Any

SGLANG = ("IPython", "torchvision", "sgl_kernel", "sglang_kernel", "flashinfer", "triton", "decord", "torchao")
VLLM = ("flashinfer", "triton", "torchvision")
VLLM_CLASSES = ("torchvision", "torchaudio", "timm", "terratorch")


def stand_in(names: tuple[str, ...]) -> None:
    """Let modules of these names be found when they are not installed."""
    sys.meta_path.append(Standins(names))


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

    def __or__(self, other: object) -> Any:
        """Return what `Anything | None` may be in an annotation."""
        return Any

    __ror__ = __or__

    def __mro_entries__(self, bases: tuple[object, ...]) -> tuple[type, ...]:
        return (object,)


class Standins(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Find the modules that are not installed and not needed. Asked last, so that real ones win."""

    def __init__(self, names: tuple[str, ...]) -> None:
        self.names = names

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """Return a spec for a stand-in, or None."""
        if name.partition(".")[0] not in self.names:
            return None
        return importlib.machinery.ModuleSpec(name, self, is_package=True)

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType:
        """Return the stand-in."""
        return Anything(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """Do nothing: there is nothing to run."""
