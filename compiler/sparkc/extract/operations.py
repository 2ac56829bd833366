"""What the operators of Python do with the interpreter's values."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping

from sparkc.extract.values import Class, External, Form, Undecidable, Unknown

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


def operate(op: ast.operator, left: object, right: object) -> object:
    """Return `left op right`; of an unknown side what is still known of the whole."""
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


def unary(op: ast.unaryop, value: object) -> object:
    """Return `op value`."""
    if isinstance(value, Unknown):
        return value
    if isinstance(op, ast.Not):
        return not value
    if isinstance(op, ast.USub) and isinstance(value, int | float):
        return -value
    raise Undecidable(type(op).__name__)


def compare(op: ast.cmpop, left: object, right: object) -> object:
    """Return `left op right`; unknown when a side is."""
    if isinstance(left, Unknown) or isinstance(right, Unknown):
        return Unknown("comparison")
    return COMPARISONS[type(op)](left, right)


def is_type(value: object) -> bool:
    """Tell whether a value is used as a type."""
    if isinstance(value, External):
        return True
    return isinstance(value, Class | Form)
