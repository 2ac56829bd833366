"""What the interpreter computes with, beside Python's own plain values."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Unknown:
    """A value that only the running engine can know."""

    why: str


@dataclass(frozen=True)
class External:
    """A name of a package that is not in the tree: `argparse.BooleanOptionalAction`, `builtins.int`."""

    name: str


@dataclass(frozen=True)
class Module:
    """A module of the tree, by its dotted name."""

    name: str


@dataclass(frozen=True, eq=False)
class Class:
    """A class of the tree. Two are the same when their node is."""

    module: str
    node: ast.ClassDef

    @property
    def name(self) -> str:
        """Return its bare name."""
        return self.node.name


@dataclass(frozen=True, eq=False)
class Function:
    """A function or lambda of the tree, with the names it closes over and the object it is bound to."""

    module: str
    node: ast.FunctionDef | ast.Lambda
    closure: Mapping[str, object] = field(default_factory=dict)
    bound: object = None
    owner: Class | None = None

    @property
    def name(self) -> str:
        """Return its dotted name, owner included."""
        own = "<lambda>" if isinstance(self.node, ast.Lambda) else self.node.name
        return f"{self.module}.{self.owner.name}.{own}" if self.owner else f"{self.module}.{own}"


@dataclass(frozen=True)
class Form:
    """A type with parameters: `Literal["a"]`, `list[int]`, `int | None`. The origin is its bare name."""

    origin: str
    args: tuple[object, ...]


@dataclass(frozen=True)
class Member:
    """A member of an enumeration."""

    enumeration: str
    name: str
    value: object


@dataclass(frozen=True, eq=False)
class Instance:
    """An object of a class of the tree, of which only class and constructor words are known."""

    cls: Class
    words: Mapping[str, object]


class Raised(Exception):  # noqa: N818  (what the source did, not an error of ours)
    """The interpreted source raises an exception of this name."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


class Undecidable(Exception):  # noqa: N818  (a limit of the interpreter, handled where a value may be unknown)
    """The interpreted source does something that this interpreter does not follow."""
