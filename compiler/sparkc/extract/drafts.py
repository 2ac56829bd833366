"""Which models say in their own config.json how deep their drafts by multi-token prediction go.

vLLM rewrites the configuration of the model into one of its draft (`hf_config_override` in vllm/config/speculative.py)
and notes the depth as `n_predict`. Here that function runs on a stand-in for each model type and architecture that it
compares with, and the depth is looked at: the stand-in's own number, or one that vLLM has in its place.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from sparkc.extract.frames import PYTHON_ERRORS, Host
from sparkc.extract.interpreter import Interpreter
from sparkc.extract.on_cuda import class_at
from sparkc.extract.values import Raised, Undecidable, Unknown

MODULE, CLASS, FUNCTION = "vllm.config.speculative", "SpeculativeConfig", "hf_config_override"
DEPTHS = {"num_nextn_predict_layers": 1001, "mtp_num_hidden_layers": 1002}
"""Keys under which a config.json names the depth, with numbers that no model has."""


class Configuration(Host):
    """A `config.json` of one model type and architecture."""

    def __init__(self, model_type: str, architecture: str) -> None:
        self.model_type = model_type
        self.architectures = [architecture]
        self.text_config = self
        for key, depth in DEPTHS.items():
            setattr(self, key, depth)

    def update(self, values: dict[str, object]) -> None:
        """Take values over."""
        for key, value in values.items():
            setattr(self, key, value)

    def get_text_config(self) -> Configuration:
        """Return the part of the language model."""
        return self


def models_with_own_depth(interpreter: Interpreter) -> tuple[str, ...]:
    """Return the model types and architectures whose drafts are as deep as their config.json says."""
    cls = class_at(interpreter, MODULE, CLASS)
    function = interpreter.attribute(cls, FUNCTION) if cls else None
    source = interpreter.sources.find(MODULE)
    if cls is None or source is None or isinstance(function, Unknown):
        return ()
    node = next(item for item in cls.node.body if isinstance(item, ast.FunctionDef) and item.name == FUNCTION)
    return tuple(
        name
        for name in sorted(set(_compared(node)))
        if any(_depth(interpreter, function, each) in DEPTHS.values() for each in _stand_ins(name))
    )


def _compared(function: ast.FunctionDef) -> Iterator[str]:
    """Yield the texts that are compared with something in the conditions of a function."""
    for node in ast.walk(function):
        if isinstance(node, ast.Compare):
            for part in node.comparators:
                texts = part.elts if isinstance(part, ast.Tuple | ast.List | ast.Set) else [part]
                yield from (
                    text.value for text in texts if isinstance(text, ast.Constant) and isinstance(text.value, str)
                )


def _stand_ins(name: str) -> tuple[Configuration, ...]:
    return Configuration(name, "Another"), Configuration("another", name)


def _depth(interpreter: Interpreter, function: object, configuration: Configuration) -> object:
    try:
        made = interpreter.call(function, [configuration], {})
    except (Raised, Undecidable, *PYTHON_ERRORS):
        return None
    return getattr(made, "n_predict", None)
