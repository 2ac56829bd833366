"""Run statements for their effect."""

from __future__ import annotations

import ast

from sparkc.extract.frames import PYTHON_ERRORS, Break, Continue, Frame, Return
from sparkc.extract.machine import Machine
from sparkc.extract.operations import operate
from sparkc.extract.values import Function, Raised, Undecidable, Unknown


class Statements(Machine):
    """Runs statements with the frame's own names."""

    def run(self, body: list[ast.stmt], frame: Frame) -> None:
        """Run statements for their effect on the frame and on the objects in it."""
        for statement in body:
            self._run(statement, frame)

    def _run(self, statement: ast.stmt, frame: Frame) -> None:
        match statement:
            case ast.Expr(value=value):
                self.evaluate(value, frame)
            case ast.Assign(targets=targets, value=value):
                made = self.evaluate(value, frame)
                for target in targets:
                    self.assign(target, made, frame)
            case ast.AnnAssign(target=target, value=value):
                if value is not None:
                    self.assign(target, self.evaluate(value, frame), frame)
            case ast.AugAssign(target=target, op=op, value=value):
                load = ast.parse(ast.unparse(target), mode="eval").body
                self.assign(target, operate(op, self.evaluate(load, frame), self.evaluate(value, frame)), frame)
            case ast.Return(value=value):
                raise Return(None if value is None else self.evaluate(value, frame))
            case ast.If(test=test, body=then, orelse=other):
                self._branch(self.evaluate(test, frame), then, other, frame)
            case ast.For(target=target, iter=items, body=inner):
                self._loop(target, self.iterate(self.evaluate(items, frame)), inner, frame)
            case ast.Try():
                self._try(statement, frame)
            case ast.FunctionDef(name=name):
                frame.names[name] = Function(frame.module, statement, {**frame.outer, **frame.names})
            case ast.Delete(targets=targets):
                for target in targets:
                    self._delete(target, frame)
            case ast.Import() | ast.ImportFrom():
                self._import(statement, frame)
            case ast.Raise(exc=error):
                raise Raised("Exception" if error is None else ast.unparse(error).partition("(")[0])
            case ast.With(body=inner):
                self.run(inner, frame)
            case ast.Break():
                raise Break
            case ast.Continue():
                raise Continue
            case ast.Pass() | ast.Assert() | ast.Global() | ast.Nonlocal():
                return
            case _:
                raise Undecidable(type(statement).__name__)

    def _branch(self, test: object, then: list[ast.stmt], other: list[ast.stmt], frame: Frame) -> None:
        if isinstance(test, Unknown):
            # Whether it happens depends on the machine: what may be declared is declared.
            self.run(then, frame)
            self.run(other, frame)
        else:
            self.run(then if test else other, frame)

    def _loop(self, target: ast.expr, items: list[object], body: list[ast.stmt], frame: Frame) -> None:
        for item in items:
            self.assign(target, item, frame)
            try:
                self.run(body, frame)
            except Break:
                return
            except Continue:
                continue

    def _try(self, statement: ast.Try, frame: Frame) -> None:
        try:
            self.run(statement.body, frame)
        except (Raised, *PYTHON_ERRORS) as error:
            name = error.name if isinstance(error, Raised) else type(error).__name__
            for handler in statement.handlers:
                caught = "Exception" if handler.type is None else ast.unparse(handler.type)
                if name in caught or "Exception" in caught:
                    self.run(handler.body, frame)
                    return
            raise
        finally:
            self.run(statement.finalbody, frame)

    def assign(self, target: ast.expr, value: object, frame: Frame) -> None:
        """Put a value where an assignment wants it."""
        match target:
            case ast.Name(id=name):
                frame.names[name] = value
            case ast.Tuple(elts=parts) | ast.List(elts=parts):
                items = [value] * len(parts) if isinstance(value, Unknown) else self.iterate(value)
                for part, item in zip(parts, items, strict=True):
                    self.assign(part, item, frame)
            case ast.Subscript(value=inner, slice=index):
                holder = self.evaluate(inner, frame)
                if isinstance(holder, dict | list):
                    holder[self.evaluate(index, frame)] = value  # type: ignore[call-overload]  # a TypeError becomes Raised
            case ast.Attribute():
                return
            case _:
                raise Undecidable("assignment")

    def _delete(self, target: ast.expr, frame: Frame) -> None:
        if isinstance(target, ast.Subscript):
            holder = self.evaluate(target.value, frame)
            if isinstance(holder, dict):
                del holder[self.evaluate(target.slice, frame)]

    def _import(self, statement: ast.Import | ast.ImportFrom, frame: Frame) -> None:
        source = self.sources.find(frame.module)
        if source is None:
            raise Undecidable("import")
        for alias in statement.names:
            name = alias.asname or alias.name.partition(".")[0]
            frame.names[name] = self.bind(source, alias.asname or alias.name.partition(".")[0], statement)
