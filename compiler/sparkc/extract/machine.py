"""What the parts of the interpreter ask of each other."""

from __future__ import annotations

import ast
from abc import ABC, abstractmethod
from collections.abc import Mapping

from sparkc.extract.frames import Frame
from sparkc.extract.sources import Source, Sources


class Machine(ABC):
    """The whole of which each part is written down in a file of its own.

    Args:
        sources: the modules.
        natives: by dotted name, what stands in for a function or constant of the tree or of another package.
        environ: the environment that the code sees.
    """

    def __init__(
        self, sources: Sources, natives: Mapping[str, object], environ: Mapping[str, str] | None = None
    ) -> None:
        self.sources = sources
        self.natives = natives
        self.environ = dict(environ or {})

    @abstractmethod
    def evaluate(self, node: ast.expr, frame: Frame) -> object:
        """Return the value of an expression."""

    @abstractmethod
    def call(self, callee: object, words: list[object], named: Mapping[str, object]) -> object:
        """Return what a function makes of its arguments."""

    @abstractmethod
    def iterate(self, value: object) -> list[object]:
        """Return the items of a value."""

    @abstractmethod
    def annotation(self, node: ast.expr, frame: Frame) -> object:
        """Return the type that an annotation names."""

    @abstractmethod
    def bind(self, source: Source, name: str, statement: ast.stmt) -> object:
        """Return what a statement of a module binds to a name."""

    @abstractmethod
    def assign(self, target: ast.expr, value: object, frame: Frame) -> None:
        """Put a value where an assignment wants it."""
