"""The modules of a tree, parsed when asked for, and which statement binds a name in each."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from sparkc.extract.tree import Tree
from sparkc.findings import SparkcError


@dataclass
class Bound:
    """The statement that binds a name last, and the augmented assignments (`+=`) after it."""

    statement: ast.stmt
    additions: list[ast.AugAssign] = field(default_factory=list)


@dataclass
class Source:
    """One parsed module."""

    name: str
    path: str
    body: list[ast.stmt]
    names: dict[str, Bound]
    stars: list[ast.ImportFrom]

    @property
    def package(self) -> str:
        """Return the package that relative imports start from."""
        return self.name if self.path.endswith("__init__.py") else self.name.rpartition(".")[0]


class Sources:
    """All modules of a tree."""

    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self._parsed: dict[str, Source | None] = {}

    def find(self, module: str) -> Source | None:
        """Return a module by its dotted name, or None when it is not part of the tree.

        Raises:
            SparkcError: the module is not Python that this Python can parse.
        """
        if module not in self._parsed:
            self._parsed[module] = self._parse(module)
        return self._parsed[module]

    def _parse(self, module: str) -> Source | None:
        stem = module.replace(".", "/")
        for path in (f"{stem}/__init__.py", f"{stem}.py"):
            text = self.tree.text(path)
            if text is not None:
                body = parse(text, f"{self.tree.origin}: {path}").body
                names: dict[str, Bound] = {}
                _bind(body, names)
                stars = [item for item in _flat(body) if isinstance(item, ast.ImportFrom) and item.names[0].name == "*"]
                return Source(module, path, body, names, stars)
        return None


def parse(text: str, where: str) -> ast.Module:
    """Parse Python, or say which file this Python does not understand."""
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError) as trouble:
        raise SparkcError(f"{where} is not Python that this Python can parse: {trouble}") from trouble


def is_type_checking(test: ast.expr) -> bool:
    """Tell whether a condition holds for type checkers only."""
    return ast.unparse(test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING")


def _flat(body: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    """Yield the statements that run at import, in an order in which the last binding is the likeliest."""
    for statement in body:
        match statement:
            case ast.If(test=test, body=then, orelse=other):
                if not is_type_checking(test):
                    yield from _flat(then)
                yield from _flat(other)
            case ast.Try(body=attempt, handlers=handlers, orelse=other):
                # The attempt is what a complete installation binds; its handlers stand in when something is missing.
                for handler in handlers:
                    yield from _flat(handler.body)
                yield from _flat(attempt)
                yield from _flat(other)
            case ast.With(body=inner):
                yield from _flat(inner)
            case _:
                yield statement


def _bind(body: Iterable[ast.stmt], names: dict[str, Bound]) -> None:
    for statement in _flat(body):
        match statement:
            case ast.AugAssign(target=ast.Name(id=name)) if name in names:
                names[name].additions.append(statement)
            case _:
                for name in bound_names(statement):
                    names[name] = Bound(statement)


def bound_names(statement: ast.stmt) -> Iterator[str]:
    """Yield the names that a statement binds in its own scope."""
    match statement:
        case ast.Assign(targets=targets):
            for target in targets:
                parts = target.elts if isinstance(target, ast.Tuple | ast.List) else [target]
                yield from (part.id for part in parts if isinstance(part, ast.Name))
        case ast.AnnAssign(target=ast.Name(id=name), value=value) if value is not None:
            yield name
        case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
            yield name
        case ast.Import(names=aliases):
            yield from (alias.asname or alias.name.partition(".")[0] for alias in aliases)
        case ast.ImportFrom(names=aliases):
            yield from (alias.asname or alias.name for alias in aliases if alias.name != "*")
        case _:
            return
