"""The GB10's compute capability, and the quantisations that run on Marlin there."""

from __future__ import annotations

from sparkc.resolve.facts import Facts

MARLIN_QUANTS = ("nvfp4", "mxfp4", "awq", "gptq", "int4", "w4a16")


def is_sm121(facts: Facts) -> bool:
    """Tell whether the launch runs vLLM on compute capability 12.1."""
    return facts.hardware is not None and facts.hardware.architecture == "sm_121" and facts.engine.name == "vllm"


def is_four_bits(facts: Facts) -> bool:
    """Tell whether the weights have a four-bit format that Marlin computes with."""
    return facts.quant.startswith(MARLIN_QUANTS)


def has_experts(facts: Facts) -> bool:
    """Tell whether the model has routed experts; True when its shape is unknown."""
    return facts.shape is None or bool(facts.shape.experts)
