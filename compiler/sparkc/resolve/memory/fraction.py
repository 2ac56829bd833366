"""What an engine's memory fraction means in bytes."""

from __future__ import annotations

import math
from fractions import Fraction

from sparkc.catalog.versions import is_within

SOURCE_VLLM = "vLLM 0.33.0, vllm/v1/worker/utils.py, request_memory: what is asked for at start"
SOURCE_SGLANG = "SGLang 0.5.23, srt/mem_cache/kv_cache_configurator.py, _profile_available_bytes"


def share_of(total: int, fraction: float) -> int:
    """Return `ceil(total * fraction)` in bytes, exact for numbers of any size.

    The engine multiplies as floats; the two differ by at most a byte. Source: vLLM 0.18.1 to 0.33.0,
    v1/worker/utils.py, request_memory.
    """
    return math.ceil(total * Fraction(fraction))


def default_fraction(engine: str, version: str | None) -> float | None:
    """Return the fraction an engine takes when none is given; None for a version that is not known, or of SGLang.

    vLLM has 0.90 up to 0.19.1 and 0.92 from 0.20.0 on (config/cache.py, gpu_memory_utilization). SGLang
    derives its own from the device, the chunked prefill size, graphs and the layout (SGLang 0.5.12, server_args.py;
    0.5.23, arg_groups/memory_hook.py, handle_gpu_memory_settings), which is not repeated here.
    """
    if engine == "sglang":
        return None
    if is_within(version, "<0.20"):
        return 0.90
    return 0.92 if is_within(version, ">=0.20") else None
