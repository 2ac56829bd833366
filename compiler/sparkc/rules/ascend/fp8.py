"""FP8 checkpoints on NPUs that do not compute in FP8."""

from __future__ import annotations

from sparkc.catalog.versions import is_within
from sparkc.resolve.facts import Facts

GROWS = "minimax_m2"
"""The model type whose FP8 weights vLLM-Ascend writes out in BF16."""

LOADED_SINCE = {GROWS: ">=0.18", "deepseek_v4": ">=0.21.0rc1"}
"""Model types whose FP8 weights it reads, and since when (read in 0.11.0 to 0.26.0rc1)."""

WITHOUT_FP8 = ("ascend-a2", "ascend-a3")


def holds_fp8(facts: Facts) -> bool:
    """Tell whether stock vLLM-Ascend is to load FP8 weights on such NPUs."""
    return (
        facts.engine.name == "vllm-ascend"
        and facts.engine.fork is None
        and facts.quant == "fp8"
        and facts.hardware is not None
        and facts.hardware.architecture in WITHOUT_FP8
    )


def is_read(facts: Facts, model_type: str) -> bool:
    """Tell whether this version has code for the FP8 weights of such a model."""
    return any(
        model_type.startswith(known) and is_within(facts.engine.version, since) for known, since in LOADED_SINCE.items()
    )
