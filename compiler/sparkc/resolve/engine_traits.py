"""What the layout of a launch depends on, engine by engine: known before the engine's words are asked for."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class EngineTraits:
    """One engine.

    Args:
        carries_ranks: it brings its ranks from node to node without Ray.
        eager: what switches graphs off in `args`.
        shares_ranks: what makes data parallel ranks run on the tensor parallel ones; None where nothing does.
    """

    carries_ranks: bool
    eager: str
    shares_ranks: str | None


VLLM = EngineTraits(carries_ranks=False, eager="enforce-eager", shares_ranks=None)

# 0.5.5 to 0.5.23, sglang/srt/server_args.py: with attention in data parallel, dp lies inside tp.
SGLANG = EngineTraits(carries_ranks=True, eager="disable-cuda-graph", shares_ranks="enable-dp-attention")

TRAITS = {"vllm": VLLM, "vllm-ascend": VLLM, "sglang": SGLANG}
