"""Run small pieces of an engine's source without importing it.

Engines build their command line with ordinary Python: dictionaries that are changed, loops, helper functions. This
interpreter follows such code with real dictionaries and lists, looks names up across the modules of the tree, and
answers `Unknown` where only the running engine could tell. It executes nothing of the engine itself.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping

from sparkc.extract.classes import Classes
from sparkc.extract.frames import PYTHON_ERRORS, Frame, Host, Return
from sparkc.extract.names import Names
from sparkc.extract.operations import compare, operate, unary
from sparkc.extract.sources import Sources
from sparkc.extract.statements import Statements
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
ITERATING = frozenset(f"builtins.{name}" for name in ("list", "tuple", "set", "sorted", "len", "enumerate"))
PLAIN = (str, int, float, list, dict, tuple, set, frozenset, bytes)

Native = Callable[..., object]


class Interpreter(Names, Statements, Classes):
    """Evaluates expressions and calls functions of a tree; what it is given is told at `Machine`."""

    def __init__(
        self, sources: Sources, natives: Mapping[str, object], environ: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(sources, natives, environ)
        self._steps = 0
        self._depth = 0

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
                return operate(op, self.evaluate(left, frame), self.evaluate(right, frame))
            case ast.UnaryOp(op=op, operand=operand):
                return unary(op, self.evaluate(operand, frame))
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
            answer = compare(op, value, other)
            if isinstance(answer, Unknown) or not answer:
                return answer if isinstance(answer, Unknown) else False
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
            self.assign(loop.target, item, inner)
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
        except Return as returned:
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


def is_field(value: object) -> bool:
    """Tell whether a value stands for `field(…)` or pydantic's `Field(…)`."""
    return isinstance(value, Instance) and value.cls is FIELD


FIELD = Class("dataclasses", ast.ClassDef("field", [], [], [], []))


def _literals(values: Iterator[object]) -> Iterator[object]:
    for value in values:
        if isinstance(value, Form) and value.origin == "Literal":
            yield from value.args
        else:
            yield value
