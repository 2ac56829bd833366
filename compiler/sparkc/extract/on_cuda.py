"""Follow vLLM's source as it would run on an NVIDIA machine, and ask its classes what they can do."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import NamedTuple

from sparkc.extract.frames import PYTHON_ERRORS, Frame, Host
from sparkc.extract.interpreter import Interpreter
from sparkc.extract.natives import LIBRARY
from sparkc.extract.sources import Sources
from sparkc.extract.values import Class, Raised, Undecidable, Unknown

CUDA, OTHERS = ("is_cuda", "is_cuda_alike"), ("is_rocm", "is_cpu", "is_xpu", "is_tpu", "is_out_of_tree")


class Capability(NamedTuple):
    """A compute capability, 12.1 for a GB10; vLLM compares them as these pairs."""

    major: int
    minor: int

    def to_int(self) -> int:
        """Return both numbers as one, 121."""
        return self.major * 10 + self.minor


class Cuda(Host):
    """`current_platform`: CUDA, and nothing else is known of the machine."""

    def __getattr__(self, name: str) -> Callable[..., object]:
        if name in (*CUDA, *OTHERS):
            return lambda: name in CUDA
        return lambda *_, **__: Unknown(f"current_platform.{name}")


class Careful(Interpreter):
    """Gives up where a decision depends on what is not known, so that no answer is half a guess."""

    def _branch(self, test: object, then: list[ast.stmt], other: list[ast.stmt], frame: Frame) -> None:
        if isinstance(test, Unknown):
            raise Undecidable(test.why)
        super()._branch(test, then, other, frame)

    def assign(self, target: ast.expr, value: object, frame: Frame) -> None:
        """Put a value where an assignment wants it, attributes of our own objects included."""
        holder = self.evaluate(target.value, frame) if isinstance(target, ast.Attribute) else None
        if isinstance(target, ast.Attribute) and isinstance(holder, Host):
            setattr(holder, target.attr, value)
        else:
            super().assign(target, value, frame)


def interpreter_on_cuda(sources: Sources) -> Interpreter:
    """Return an interpreter that takes the machine for one with CUDA."""
    interpreter = Careful(sources, {})

    def attribute(value: object, name: str, *instead: object) -> object:
        found = interpreter.attribute(value, name)
        return instead[0] if isinstance(found, Unknown) and instead else found

    interpreter.natives = {
        **LIBRARY,
        "builtins.getattr": attribute,
        "builtins.hasattr": lambda value, name: not isinstance(interpreter.attribute(value, name), Unknown),
        "vllm.platforms.current_platform": Cuda(),
        "vllm.platforms.interface.DeviceCapability": Capability,
    }
    return interpreter


def class_at(interpreter: Interpreter, module: str, name: str) -> Class | None:
    """Return a class by module and name, imports and lazy look-ups followed; None when that leads nowhere."""
    if interpreter.sources.find(module) is None:
        return None
    try:
        found = interpreter.member(module, name)
    except (Raised, Undecidable):
        return None
    return found if isinstance(found, Class) else None


def answer(interpreter: Interpreter, cls: Class, method: str, *words: object) -> object:
    """Return what a class method answers; `Unknown` where only a run tells."""
    try:
        return interpreter.call(interpreter.attribute(cls, method), [*words], {})
    except (Raised, Undecidable, *PYTHON_ERRORS) as trouble:
        return Unknown(f"{cls.name}.{method}: {trouble}")
