"""What CUDA graphs take."""

from __future__ import annotations

from dataclasses import dataclass

from sparkc.catalog.versions import is_within
from sparkc.resolve.memory.amount import NOTHING, Band, gibibytes
from sparkc.resolve.memory.request import MemoryRequest

SOURCE_VLLM = (
    "Estimates in 13 boot logs: 0.17 to 2.44 GiB, median 0.69; 5.07 GiB for MiniMax M2.7 AWQ on two ranks "
    "(eugr/spark-vllm-docker issue 396)"
)
SOURCE_SGLANG = "Logs of a 1.5B model: 2.2 to 3.0 GiB, piecewise 0.3 to 0.8 GiB on top (jethac/dgx-spark-hijinks)"


@dataclass(frozen=True)
class Graphs:
    """Memory of captured graphs on one rank.

    Args:
        inside_budget: subtracted before the KV cache is sized; otherwise it comes on top of the budget.
    """

    bytes: Band
    inside_budget: bool
    formula: str
    source: str


def graphs_of(request: MemoryRequest) -> Graphs:
    """Return what graphs take on one rank in bytes; nothing when they are switched off.

    vLLM subtracts its own estimate from the budget since 0.20 (envs.py, VLLM_MEMORY_PROFILER_ESTIMATE_CUDAGRAPHS; taken
    off in v1/worker/gpu_worker.py, determine_available_memory). Before, and in SGLang's classic path (0.5.23,
    srt/mem_cache/kv_cache_configurator.py), graphs are captured after the cache was sized and come on top. Where the
    version is not known they are counted inside, which leaves less for the cache. No CPU can run the estimate: the
    amounts are those of boot logs.
    """
    if request.cuda_graphs is False:
        return Graphs(NOTHING, True, "0 (graphs are off)", SOURCE_VLLM)
    if request.is_sglang:
        band = Band(gibibytes(2.2), gibibytes(3.0), gibibytes(3.8))
        return Graphs(band, False, "3.0 GiB, captured after the pool", SOURCE_SGLANG)
    highest = 2.44 if request.tensor * request.pipeline == 1 else 5.07
    inside = not is_within(request.engine_version, "<0.20")
    band = Band(gibibytes(0.17), gibibytes(0.69), gibibytes(highest))
    where = "taken from the budget" if inside else "on top of the budget before vLLM 0.20"
    return Graphs(band, inside, f"0.69 GiB, {where}", SOURCE_VLLM)
