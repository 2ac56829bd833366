"""What a name means: look-up across the modules of a tree, imports followed."""

from __future__ import annotations

import ast
from collections.abc import Mapping

from sparkc.extract.frames import Frame
from sparkc.extract.machine import Machine
from sparkc.extract.operations import operate
from sparkc.extract.sources import Source, Sources
from sparkc.extract.values import Class, External, Function, Module, Raised, Undecidable, Unknown


class Names(Machine):
    """Looks names up, each once."""

    def __init__(
        self, sources: Sources, natives: Mapping[str, object], environ: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(sources, natives, environ)
        self._known: dict[tuple[str, str], object] = {}
        self._open: set[tuple[str, str]] = set()

    def member(self, module: str, name: str) -> object:
        """Return `module.name`: a name bound there, a module below it, or what its own `__getattr__` answers."""
        source = self.sources.find(module)
        if source is None or self._binds(source, name) or f"{module}.{name}" in self.natives:
            return self.look_up(module, name)
        if self.sources.find(f"{module}.{name}") is not None:
            return Module(f"{module}.{name}")
        if "__getattr__" in source.names:
            return self.call(self.look_up(module, "__getattr__"), [name], {})
        return Unknown(f"{module}.{name}")

    def _binds(self, source: Source, name: str) -> bool:
        return name in source.names or any(self._star_binds(source, star, name) for star in source.stars)

    def _star_binds(self, source: Source, star: ast.ImportFrom, name: str) -> bool:
        found = self.sources.find(self._import_from(source, star))
        return found is not None and name in found.names

    def look_up(self, module: str, name: str) -> object:
        """Return what a bare name means in a module, following imports; Python's own names come last."""
        key = (module, name)
        if f"{module}.{name}" in self.natives:
            return self.natives[f"{module}.{name}"]
        if key in self._known:
            return self._known[key]
        if key in self._open:
            return Unknown(f"{module}.{name} depends on itself")
        self._open.add(key)
        try:
            value = self._bound(module, name)
        except (Raised, Undecidable) as trouble:
            value = Unknown(f"{module}.{name}: {trouble}")
        finally:
            self._open.discard(key)
        self._known[key] = value
        return value

    def _bound(self, module: str, name: str) -> object:
        source = self.sources.find(module)
        if source is None:
            return self.external(f"{module}.{name}")
        bound = source.names.get(name)
        if bound is None:
            return self._starred_or_builtin(source, name)
        value = self.bind(source, name, bound.statement)
        frame = Frame(module)
        for addition in bound.additions:
            value = operate(addition.op, value, self.evaluate(addition.value, frame))
        return value

    def _starred_or_builtin(self, source: Source, name: str) -> object:
        for star in source.stars:
            if self._star_binds(source, star, name):
                return self.look_up(self._import_from(source, star), name)
        return self.external(f"builtins.{name}")

    def bind(self, source: Source, name: str, statement: ast.stmt) -> object:
        """Return what a statement of a module binds to a name."""
        frame = Frame(source.name)
        match statement:
            case ast.ClassDef():
                return Class(source.name, statement)
            case ast.FunctionDef():
                return Function(source.name, statement)
            case ast.Import(names=aliases):
                return self._imported(name, aliases)
            case ast.ImportFrom(names=aliases):
                original = next(alias.name for alias in aliases if (alias.asname or alias.name) == name)
                return self.member(self._import_from(source, statement), original)
            case ast.Assign(targets=targets, value=value):
                self.assign(targets[0], self.evaluate(value, frame), frame)
                return frame.names.get(name, Unknown(name))
            case ast.AnnAssign(value=value) if value is not None:
                return self.evaluate(value, frame)
        return Unknown(f"{source.name}.{name}")

    def _imported(self, name: str, aliases: list[ast.alias]) -> object:
        for alias in aliases:
            if (alias.asname or alias.name.partition(".")[0]) == name:
                full = alias.name if alias.asname else name
                return Module(full) if self.sources.find(full) is not None else self.external(full)
        return Unknown(name)

    def _import_from(self, source: Source, statement: ast.ImportFrom) -> str:
        if not statement.level:
            return statement.module or ""
        base = source.package.split(".")
        base = base[: len(base) - statement.level + 1]
        return ".".join([*base, *([statement.module] if statement.module else [])])

    def external(self, name: str) -> object:
        """Return what a name of another package means."""
        if name == "os.environ":
            return self.environ
        if name in self.natives and not callable(self.natives[name]):
            return self.natives[name]
        return External(name)
