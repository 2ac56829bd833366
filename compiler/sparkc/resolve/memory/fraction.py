"""What an engine's memory fraction means in bytes."""

from __future__ import annotations

import math
from fractions import Fraction

from sparkc.catalog.versions import is_within

SOURCE_VLLM = "vLLM 0.33.0, vllm/v1/worker/gpu_worker.py: requested memory at start"
SOURCE_SGLANG = "SGLang 0.5.23, model_executor: profiling of the KV pool"


def share_of(total: int, fraction: float) -> int:
    """Return `ceil(total * fraction)` in bytes, exact for numbers of any size.

    The engine multiplies as floats; the two differ by at most a byte. Source: vLLM 0.33.0, `ceil(total * util)`.
    """
    return math.ceil(total * Fraction(fraction))


def default_fraction(engine: str, version: str | None) -> float | None:
    """Return the fraction an engine takes when none is given; None where no source was read for the version.

    Read in the released wheels: vLLM 0.18.1 has 0.90; 0.24.0 and 0.33.0 have 0.92. SGLang derives its own from the
    chunked prefill size and the layout (SGLang 0.5.23, server_args), which is not repeated here.
    """
    if engine == "sglang":
        return None
    if is_within(version, "<0.19"):
        return 0.90
    return 0.92 if is_within(version, ">=0.24") else None
