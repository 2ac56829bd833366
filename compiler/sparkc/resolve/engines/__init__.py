"""What each engine calls the things that every launch needs: one file per engine, all of the same shape."""

from __future__ import annotations

from sparkc.resolve.engines.sglang import SGLANG
from sparkc.resolve.engines.vllm import VLLM
from sparkc.resolve.engines.vllm_ascend import VLLM_ASCEND
from sparkc.resolve.engines.words import EngineWords
from sparkc.resolve.facts import Facts

WORDS: dict[str, EngineWords] = {"vllm": VLLM, "vllm-ascend": VLLM_ASCEND, "sglang": SGLANG}


def words_of(facts: Facts) -> EngineWords:
    """Return the words of the engine that a spec names."""
    return WORDS[facts.engine.name or "vllm"]
