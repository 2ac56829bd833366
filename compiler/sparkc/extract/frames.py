"""Where interpreted code runs, and how it leaves a function or a loop."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sparkc.extract.values import Function

PYTHON_ERRORS = (ValueError, TypeError, KeyError, IndexError, AttributeError, ZeroDivisionError, OverflowError)
"""What a computation with plain values may raise, as the interpreted code would have seen it."""


class Host:
    """An object of the extractor that interpreted code may call methods of."""


class Return(Exception):  # noqa: N818  (a signal, not an error)
    """A function returns a value."""

    def __init__(self, value: object) -> None:
        super().__init__()
        self.value = value


class Break(Exception):  # noqa: N818
    """A loop ends."""


class Continue(Exception):  # noqa: N818
    """A loop goes on with its next item."""


@dataclass
class Frame:
    """Where a piece of code runs: its module and the local names."""

    module: str
    names: dict[str, object] = field(default_factory=dict)
    outer: Mapping[str, object] = field(default_factory=dict)
    function: Function | None = None
