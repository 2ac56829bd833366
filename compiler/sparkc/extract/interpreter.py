"""Run small pieces of an engine's source without importing it.

Engines build their command line with ordinary Python: dictionaries that are changed, loops, helper functions. This
interpreter follows such code with real dictionaries and lists, looks names up across the modules of the tree, and
answers `Unknown` where only the running engine could tell. It executes nothing of the engine itself.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from sparkc.extract.sources import Source, Sources
from sparkc.extract.values import (
    Class,
    External,
    Form,
    Function,
    Instance,
    Member,
    Module,
    Raised,
    Undecidable,
    Unknown,
)

STEPS = 2_000_000
DEPTH = 60
ENUM_BASES = frozenset({"enum.Enum", "enum.IntEnum", "enum.StrEnum", "enum.Flag", "enum.IntFlag"})
ITERATING = frozenset(f"builtins.{name}" for name in ("list", "tuple", "set", "sorted", "len", "enumerate"))
PLAIN = (str, int, float, list, dict, tuple, set, frozenset, bytes)
OPERATORS: Mapping[type[ast.operator], Callable[[object, object], object]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
    ast.BitOr: operator.or_,
    ast.BitAnd: operator.and_,
    ast.LShift: operator.lshift,
}
COMPARISONS: Mapping[type[ast.cmpop], Callable[[object, object], object]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,  # type: ignore[dict-item]  # a TypeError becomes Raised
    ast.LtE: operator.le,  # type: ignore[dict-item]  # a TypeError becomes Raised
    ast.Gt: operator.gt,  # type: ignore[dict-item]  # a TypeError becomes Raised
    ast.GtE: operator.ge,  # type: ignore[dict-item]  # a TypeError becomes Raised
    ast.Is: operator.is_,
    ast.IsNot: operator.is_not,
    ast.In: lambda item, group: item in group,  # type: ignore[operator]
    ast.NotIn: lambda item, group: item not in group,  # type: ignore[operator]
}
PYTHON_ERRORS = (ValueError, TypeError, KeyError, IndexError, AttributeError, ZeroDivisionError, OverflowError)

Native = Callable[..., object]


class Host:
    """An object of the extractor that interpreted code may call methods of."""


class _Return(Exception):  # noqa: N818  (a signal, not an error)
    def __init__(self, value: object) -> None:
        super().__init__()
        self.value = value


class _Break(Exception):  # noqa: N818
    pass


class _Continue(Exception):  # noqa: N818
    pass


@dataclass
class Frame:
    """Where a piece of code runs: its module and the local names."""

    module: str
    names: dict[str, object] = field(default_factory=dict)
    outer: Mapping[str, object] = field(default_factory=dict)
    function: Function | None = None


class Interpreter:
    """Evaluates expressions and runs functions of a tree.

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
        self._known: dict[tuple[str, str], object] = {}
        self._open: set[tuple[str, str]] = set()
        self._steps = 0
        self._depth = 0

    # --- names ---

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
        value = self._bind(source, name, bound.statement)
        frame = Frame(module)
        for addition in bound.additions:
            value = self._operate(addition.op, value, self.evaluate(addition.value, frame))
        return value

    def _starred_or_builtin(self, source: Source, name: str) -> object:
        for star in source.stars:
            if self._star_binds(source, star, name):
                return self.look_up(self._import_from(source, star), name)
        return self.external(f"builtins.{name}")

    def _bind(self, source: Source, name: str, statement: ast.stmt) -> object:
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
                self._assign(targets[0], self.evaluate(value, frame), frame)
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

    # --- expressions ---

    def evaluate(self, node: ast.expr, frame: Frame) -> object:
        """Return the value of an expression.

        Raises:
            Raised: the code raises an exception here.
            Undecidable: the code does something that is not followed.
        """
        self._steps += 1
        if self._steps > STEPS:
            raise Undecidable("too many steps")
        try:
            return self._value(node, frame)
        except PYTHON_ERRORS as error:
            raise Raised(type(error).__name__) from error
        except RecursionError as error:
            raise Undecidable("too deep") from error

    def _value(self, node: ast.expr, frame: Frame) -> object:
        match node:
            case ast.Constant(value=value):
                return value
            case ast.Name(id=name):
                return self._name(name, frame)
            case ast.Attribute(value=inner, attr=attr):
                return self.attribute(self.evaluate(inner, frame), attr)
            case ast.Subscript(value=inner, slice=index):
                return self._item(self.evaluate(inner, frame), index, frame)
            case ast.Call():
                return self._call(node, frame)
            case ast.Dict(keys=keys, values=values):
                return self._dict(keys, values, frame)
            case ast.List(elts=items):
                return self._items(items, frame)
            case ast.Tuple(elts=items):
                return tuple(self._items(items, frame))
            case ast.Set(elts=items):
                return set(self._items(items, frame))
            case ast.BinOp(left=left, op=op, right=right):
                return self._operate(op, self.evaluate(left, frame), self.evaluate(right, frame))
            case ast.UnaryOp(op=op, operand=operand):
                return self._unary(op, self.evaluate(operand, frame))
            case ast.BoolOp(op=op, values=values):
                return self._logic(op, values, frame)
            case ast.Compare(left=left, ops=ops, comparators=comparators):
                return self._compare(left, ops, comparators, frame)
            case ast.IfExp(test=test, body=then, orelse=other):
                return self._choose(self.evaluate(test, frame), then, other, frame)
            case ast.JoinedStr(values=parts):
                return self._joined(parts, frame)
            case ast.FormattedValue(value=inner, conversion=conversion):
                shown = self.evaluate(inner, frame)
                return shown if isinstance(shown, Unknown) else (repr(shown) if conversion == ord("r") else str(shown))
            case ast.Lambda():
                return Function(frame.module, node, {**frame.outer, **frame.names})
            case ast.NamedExpr(target=target, value=inner):
                frame.names[target.id] = self.evaluate(inner, frame)
                return frame.names[target.id]
            case ast.ListComp() | ast.GeneratorExp():
                return list(self._comprehend(node.generators, node.elt, frame))
            case ast.SetComp():
                return set(self._comprehend(node.generators, node.elt, frame))
            case ast.DictComp(key=key, value=held):
                names = self._comprehend(node.generators, key, frame)
                return dict(zip(names, self._comprehend(node.generators, held, frame), strict=True))
            case ast.Starred(value=inner):
                return self.evaluate(inner, frame)
        raise Undecidable(type(node).__name__)

    def _name(self, name: str, frame: Frame) -> object:
        if name in frame.names:
            return frame.names[name]
        if name in frame.outer:
            return frame.outer[name]
        return self.look_up(frame.module, name)

    def attribute(self, value: object, name: str) -> object:
        """Return `value.name`."""
        match value:
            case Unknown():
                return value
            case Module(name=module):
                return self.member(module, name)
            case External(name=outside):
                if outside == "builtins.super":
                    raise Undecidable("super")
                return self.external(f"{outside}.{name}")
            case Class():
                return self._class_attribute(value, name)
            case Instance(cls=cls, words=words):
                return words[name] if name in words else self._class_attribute(cls, name, value)
            case Member():
                return {"name": value.name, "value": value.value}.get(name, Unknown(f"{value.enumeration}.{name}"))
            case Host():
                return getattr(value, name, Unknown(name))
            case Function(node=ast.FunctionDef(name=own)) if name == "__name__":
                return own
        if isinstance(value, PLAIN):
            return getattr(value, name)
        raise Undecidable(f"attribute {name}")

    def _class_attribute(self, cls: Class, name: str, instance: object = None) -> object:
        if name == "__name__":
            return cls.name
        if name == "__doc__":
            return ""
        if self.is_enum(cls):
            members = self.members(cls)
            if name == "__members__":
                return members
            if name in members:
                return members[name]
        for ancestor in self.lineage(cls):
            found = self._own_attribute(ancestor, cls, name, instance)
            if found is not None:
                return found[0]
        return Unknown(f"{cls.name}.{name}")

    def _own_attribute(self, ancestor: Class, cls: Class, name: str, instance: object) -> tuple[object] | None:
        frame = Frame(ancestor.module)
        for item in ancestor.node.body:
            match item:
                case ast.FunctionDef(name=own, decorator_list=decorators) if own == name:
                    marks = {ast.unparse(mark) for mark in decorators}
                    bound = None if "staticmethod" in marks else cls if "classmethod" in marks else instance
                    return (Function(ancestor.module, item, bound=bound, owner=ancestor),)
                case ast.AnnAssign(target=ast.Name(id=own), value=value) if own == name and value is not None:
                    return (self.default_of(self.evaluate(value, frame)),)
                case ast.Assign(targets=[ast.Name(id=own)], value=value) if own == name:
                    return (self.evaluate(value, frame),)
        return None

    def default_of(self, value: object) -> object:
        """Return what a field specifier (`field(default=…)`) means as a class attribute."""
        if isinstance(value, Instance) and is_field(value):
            return value.words.get("default", Unknown("made at start"))
        return value

    def _item(self, value: object, index: ast.expr, frame: Frame) -> object:
        if isinstance(value, Unknown):
            return value
        if isinstance(value, Class) and self.is_enum(value):
            return self.members(value)[str(self.evaluate(index, frame))]
        if isinstance(value, External | Class):
            return self._form(value, index, frame)
        if isinstance(index, ast.Slice):
            ends = [
                None if end is None else self.evaluate(end, frame) for end in (index.lower, index.upper, index.step)
            ]
            return value[slice(*ends)]  # type: ignore[index]  # a TypeError becomes Raised
        return value[self.evaluate(index, frame)]  # type: ignore[index]

    def _form(self, value: External | Class, index: ast.expr, frame: Frame) -> object:
        origin = value.name.rpartition(".")[2]
        parts = index.elts if isinstance(index, ast.Tuple) else [index]
        if origin == "Literal":
            return Form("Literal", tuple(_literals(self.evaluate(part, frame) for part in parts)))
        if origin == "Annotated":
            return Form(origin, (self.annotation(parts[0], frame), *self._items(parts[1:], frame, may_fail=True)))
        args = [self.annotation(part, frame) for part in parts]
        if origin == "Optional":
            return Form("Union", (*args, None))
        return Form(origin.lower() if origin in ("List", "Dict", "Tuple", "Set") else origin, tuple(args))

    def annotation(self, node: ast.expr, frame: Frame) -> object:
        """Return the type that an annotation names; a text is read as the annotation that it holds."""
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            return self.annotation(ast.parse(node.value, mode="eval").body, frame)
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
            return Form("Union", (self.annotation(node.left, frame), self.annotation(node.right, frame)))
        if isinstance(node, ast.List):
            return tuple(self.annotation(part, frame) for part in node.elts)
        try:
            return self.evaluate(node, frame)
        except (Raised, Undecidable) as trouble:
            return Unknown(f"type {ast.unparse(node)}: {trouble}")

    def _items(self, nodes: list[ast.expr], frame: Frame, *, may_fail: bool = False) -> list[object]:
        items: list[object] = []
        for node in nodes:
            value = self._argument(node, frame) if may_fail else self.evaluate(node, frame)
            if isinstance(node, ast.Starred):
                items.extend(self.iterate(value))
            else:
                items.append(value)
        return items

    def _dict(self, keys: list[ast.expr | None], values: list[ast.expr], frame: Frame) -> dict[object, object]:
        made: dict[object, object] = {}
        for key, node in zip(keys, values, strict=True):
            value = self.evaluate(node, frame)
            if key is not None:
                made[self.evaluate(key, frame)] = value
            elif isinstance(value, dict):
                made.update(value)
            elif not isinstance(value, Unknown):
                raise Raised("TypeError")
        return made

    def _operate(self, op: ast.operator, left: object, right: object) -> object:
        if isinstance(left, Unknown) or isinstance(right, Unknown):
            known = [side for side in (left, right) if isinstance(side, list)]
            if isinstance(op, ast.Add) and known:
                return [*known[0], Unknown("more")]
            return left if isinstance(left, Unknown) else right
        if isinstance(op, ast.BitOr) and (is_type(left) or is_type(right)):
            return Form("Union", (left, right))
        operate = OPERATORS.get(type(op))
        if operate is None:
            raise Undecidable(type(op).__name__)
        return operate(left, right)

    def _unary(self, op: ast.unaryop, value: object) -> object:
        if isinstance(value, Unknown):
            return value
        if isinstance(op, ast.Not):
            return not value
        if isinstance(op, ast.USub) and isinstance(value, int | float):
            return -value
        raise Undecidable(type(op).__name__)

    def _logic(self, op: ast.boolop, nodes: list[ast.expr], frame: Frame) -> object:
        value: object = None
        for node in nodes:
            value = self.evaluate(node, frame)
            if isinstance(value, Unknown) or bool(value) is isinstance(op, ast.Or):
                return value
        return value

    def _compare(self, left: ast.expr, ops: list[ast.cmpop], rights: list[ast.expr], frame: Frame) -> object:
        value = self.evaluate(left, frame)
        for op, node in zip(ops, rights, strict=True):
            other = self.evaluate(node, frame)
            if isinstance(value, Unknown) or isinstance(other, Unknown):
                return Unknown("comparison")
            if not COMPARISONS[type(op)](value, other):
                return False
            value = other
        return True

    def _choose(self, test: object, then: ast.expr, other: ast.expr, frame: Frame) -> object:
        if isinstance(test, Unknown):
            return test
        return self.evaluate(then if test else other, frame)

    def _joined(self, parts: list[ast.expr], frame: Frame) -> object:
        texts = [self.evaluate(part, frame) for part in parts]
        unknown = next((text for text in texts if isinstance(text, Unknown)), None)
        return unknown or "".join(str(text) for text in texts)

    def _comprehend(self, loops: list[ast.comprehension], element: ast.expr, frame: Frame) -> Iterator[object]:
        if not loops:
            yield self.evaluate(element, frame)
            return
        loop, *rest = loops
        for item in self.iterate(self.evaluate(loop.iter, frame)):
            inner = Frame(frame.module, dict(frame.names), frame.outer, frame.function)
            self._assign(loop.target, item, inner)
            if all(self.evaluate(condition, inner) is not False for condition in loop.ifs):
                yield from self._comprehend(rest, element, inner)

    def _iterable(self, value: object) -> object:
        return list(self.members(value).values()) if isinstance(value, Class) and self.is_enum(value) else value

    def iterate(self, value: object) -> list[object]:
        """Return the items of a value."""
        value = self._iterable(value)
        if isinstance(value, str | list | tuple | set | frozenset | dict):
            return list(value)
        if hasattr(value, "__iter__") and type(value).__module__ == "builtins":
            return list(value)
        raise Undecidable("iteration")

    # --- calls ---

    def _call(self, node: ast.Call, frame: Frame) -> object:
        if isinstance(node.func, ast.Attribute) and ast.unparse(node.func.value) == "super()":
            callee = self._super(node.func.attr, frame)
        else:
            callee = self.evaluate(node.func, frame)
        words = self._items(node.args, frame, may_fail=True)
        named: dict[str, object] = {}
        for keyword in node.keywords:
            value = self._argument(keyword.value, frame)
            if keyword.arg is not None:
                named[keyword.arg] = value
            elif isinstance(value, dict):
                named.update({str(key): item for key, item in value.items()})
        return self.call(callee, words, named)

    def _argument(self, node: ast.expr, frame: Frame) -> object:
        """Return the value of an argument; one that cannot be followed may still be one that is not used."""
        try:
            return self.evaluate(node, frame)
        except Undecidable as trouble:
            return Unknown(str(trouble))

    def _super(self, name: str, frame: Frame) -> object:
        function = frame.function
        if function is None or function.owner is None:
            raise Undecidable("super")
        bound = function.bound
        cls = bound if isinstance(bound, Class) else bound.cls if isinstance(bound, Instance) else function.owner
        after = self.lineage(cls)
        for ancestor in after[after.index(function.owner) + 1 :] if function.owner in after else []:
            found = self._own_attribute(ancestor, cls, name, bound)
            if found is not None:
                return found[0]
        raise Undecidable(f"super().{name}")

    def call(self, callee: object, words: list[object], named: Mapping[str, object]) -> object:
        """Return what a call gives."""
        match callee:
            case Unknown():
                return callee
            case External(name=name):
                native = self.natives.get(name)
                given = [self._iterable(word) for word in words] if name in ITERATING else words
                return native(*given, **named) if callable(native) else Unknown(f"{name}()")
            case Function():
                return self._run_function(callee, words, named)
            case Class():
                return self._construct(callee, words, named)
            case Form(origin=origin, args=()) if callable(self.natives.get(f"builtins.{origin}")):
                return self.natives[f"builtins.{origin}"](*words, **named)  # type: ignore[operator]
            case Form(origin=origin):
                native = self.natives.get(f"builtins.{origin}")
                return native(*words, **named) if callable(native) else Unknown(origin)
        if callable(callee):
            return self._plain_call(callee, words, named)
        raise Undecidable("call")

    def _plain_call(self, callee: Native, words: list[object], named: Mapping[str, object]) -> object:
        owner = getattr(callee, "__self__", None)
        if isinstance(owner, PLAIN) and not isinstance(owner, list | dict | set):
            unknown = next((word for word in words if isinstance(word, Unknown)), None)
            if unknown is not None:
                return unknown
        return callee(*words, **named)

    def _construct(self, cls: Class, words: list[object], named: Mapping[str, object]) -> object:
        if self.is_enum(cls) and words:
            same = (member for member in self.members(cls).values() if member.value == words[0])
            return next(same, Unknown(cls.name))
        return Instance(cls, {**{str(place): word for place, word in enumerate(words)}, **named})

    def _run_function(self, function: Function, words: list[object], named: Mapping[str, object]) -> object:
        native = self.natives.get(function.name)
        given = [function.bound, *words] if function.bound is not None else words
        if callable(native):
            return native(*given, **named)
        if self._depth > DEPTH:
            raise Undecidable("too deep")
        self._depth += 1
        try:
            frame = Frame(function.module, self._bind_arguments(function, given, named), function.closure, function)
            if isinstance(function.node, ast.Lambda):
                return self.evaluate(function.node.body, frame)
            self.run(function.node.body, frame)
        except _Return as returned:
            return returned.value
        finally:
            self._depth -= 1
        return None

    def _bind_arguments(
        self, function: Function, words: list[object], named: Mapping[str, object]
    ) -> dict[str, object]:
        arguments = function.node.args
        frame = Frame(function.module, outer=function.closure)
        places = [argument.arg for argument in (*arguments.posonlyargs, *arguments.args)]
        bound: dict[str, object] = {}
        for name, default in zip(reversed(places), reversed(arguments.defaults), strict=False):
            bound[name] = self.evaluate(default, frame)
        for argument, keyword_default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
            if keyword_default is not None:
                bound[argument.arg] = self.evaluate(keyword_default, frame)
        bound.update(zip(places, words, strict=False))
        if arguments.vararg is not None:
            bound[arguments.vararg.arg] = tuple(words[len(places) :])
        known = {*places, *(argument.arg for argument in arguments.kwonlyargs)}
        bound.update({name: value for name, value in named.items() if name in known})
        if arguments.kwarg is not None:
            bound[arguments.kwarg.arg] = {name: value for name, value in named.items() if name not in known}
        return bound

    # --- statements ---

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
                    self._assign(target, made, frame)
            case ast.AnnAssign(target=target, value=value):
                if value is not None:
                    self._assign(target, self.evaluate(value, frame), frame)
            case ast.AugAssign(target=target, op=op, value=value):
                load = ast.parse(ast.unparse(target), mode="eval").body
                self._assign(target, self._operate(op, self.evaluate(load, frame), self.evaluate(value, frame)), frame)
            case ast.Return(value=value):
                raise _Return(None if value is None else self.evaluate(value, frame))
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
                raise _Break
            case ast.Continue():
                raise _Continue
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
            self._assign(target, item, frame)
            try:
                self.run(body, frame)
            except _Break:
                return
            except _Continue:
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

    def _assign(self, target: ast.expr, value: object, frame: Frame) -> None:
        match target:
            case ast.Name(id=name):
                frame.names[name] = value
            case ast.Tuple(elts=parts) | ast.List(elts=parts):
                items = [value] * len(parts) if isinstance(value, Unknown) else self.iterate(value)
                for part, item in zip(parts, items, strict=True):
                    self._assign(part, item, frame)
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
            frame.names[name] = self._bind(source, alias.asname or alias.name.partition(".")[0], statement)

    # --- classes ---

    def lineage(self, cls: Class) -> list[Class]:
        """Return a class and its ancestors in the tree, nearest first."""
        line = [cls]
        for base in cls.node.bases:
            found = self.annotation(base, Frame(cls.module))
            if isinstance(found, Class):
                line.extend(ancestor for ancestor in self.lineage(found) if ancestor not in line)
        return line

    def bases(self, cls: Class) -> set[str]:
        """Return the dotted names of all ancestors outside the tree."""
        found = (self.annotation(base, Frame(each.module)) for each in self.lineage(cls) for base in each.node.bases)
        return {base.name for base in found if isinstance(base, External)}

    def is_enum(self, cls: Class) -> bool:
        """Tell whether a class is an enumeration."""
        return bool(self.bases(cls) & ENUM_BASES)

    def members(self, cls: Class) -> dict[str, Member]:
        """Return the members of an enumeration by name, in order."""
        found: dict[str, Member] = {}
        for item in cls.node.body:
            match item:
                case ast.Assign(targets=[ast.Name(id=name)], value=value) if not name.startswith("_"):
                    frame = Frame(cls.module, dict(found))
                    try:
                        found[name] = Member(cls.name, name, self.evaluate(value, frame))
                    except (Raised, Undecidable):
                        found[name] = Member(cls.name, name, name)
        return found


def is_field(value: object) -> bool:
    """Tell whether a value stands for `field(…)` or pydantic's `Field(…)`."""
    return isinstance(value, Instance) and value.cls is FIELD


FIELD = Class("dataclasses", ast.ClassDef("field", [], [], [], []))


def is_type(value: object) -> bool:
    """Tell whether a value is used as a type."""
    if isinstance(value, External):
        return True
    return isinstance(value, Class | Form)


def _literals(values: Iterator[object]) -> Iterator[object]:
    for value in values:
        if isinstance(value, Form) and value.origin == "Literal":
            yield from value.args
        else:
            yield value
