"""InstantTensor opens weights through GPUDirect Storage, which this machine does not have."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.command_line import engine_flags, place_of
from sparkc.rules.kernels.chip import is_sm121
from sparkc.rules.rule import Complaint, Evidence, Rule

FLAG = "--load-format"
LOADER = "instanttensor"


def check(plan: Plan, facts: Facts) -> Iterator[Complaint]:
    """Report InstantTensor as the loader."""
    setting = engine_flags(plan).get(FLAG)
    if setting is not None and setting.value == LOADER:
        yield Complaint(
            place_of(facts, setting),
            f"found load format {LOADER}, wanted safetensors or fastsafetensors: its open through GPUDirect Storage "
            "was seen to fail here, and it took 4.4 GiB from the KV cache where it worked",
        )


RULE = Rule(
    name="instanttensor-without-gds",
    severity=Severity.WARNING,
    failure=Failure.CRASH,
    summary="the loader wants GPUDirect Storage, and the machine has none",
    why="On GB10 there is no GPUDirect Storage. With some versions of torch the loader's open throws as the first "
    "shard is read; other setups run it.",
    help="set serving.load_format to safetensors",
    evidence=(
        Evidence(
            "https://forums.developer.nvidia.com/t/working-recipe-minimax-m3-nvfp4-at-tp-3-on-3x-dgx-spark-no-4th-node-the-oom-fixes/373387",
            "point 1: the loader's open throws on a Spark with torch 2.12; --load-format safetensors works",
        ),
        Evidence(
            "https://github.com/MiaAI-Lab/GLM-5.3-Flash-EXL3-2x-DGX-Sparks/issues/204",
            "4.4 GiB less KV cache with identical flags",
        ),
        Evidence("eugr/spark-vllm-docker README.md", "recipes that load with instanttensor", disagrees=True),
        Evidence(
            "mpfaffenberger/MiniMax-M3-NVFP4-DSpark-vLLM-4x-DGX-Spark README.md",
            "loads with instanttensor on four Sparks",
            disagrees=True,
        ),
    ),
    applies=is_sm121,
    check=check,
    bad="serving: {load_format: instanttensor}",
    good="serving: {load_format: safetensors}",
)
