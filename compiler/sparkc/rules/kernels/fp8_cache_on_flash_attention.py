"""FlashAttention keeps no FP8 cache on this chip."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.command_line import engine_flags
from sparkc.rules.engine_config import place
from sparkc.rules.kernels.chip import is_sm121
from sparkc.rules.rule import Complaint, Evidence, Rule

FLAG = "--attention-backend"


def _check(plan: Plan, facts: Facts) -> Iterator[Complaint]:
    setting, dtype = engine_flags(plan).get(FLAG), facts.serving.kv_cache_dtype or "auto"
    if setting is not None and str(setting.value).upper() == "FLASH_ATTN" and dtype.startswith("fp8"):
        yield Complaint(
            place(plan, facts, FLAG),
            f"found FLASH_ATTN with kv_cache_dtype {dtype}, wanted FLASHINFER or another backend with an FP8 cache",
            also=((("serving", "kv_cache_dtype"), "said here"),),
        )


RULE = Rule(
    name="fp8-cache-on-flash-attention",
    severity=Severity.ERROR,
    failure=Failure.CRASH,
    summary="the FlashAttention backend cannot hold an FP8 cache on this chip",
    why="Only Hopper has the FP8 path of FlashAttention 3. Elsewhere vLLM ends while it builds the model: "
    "`FlashAttention does not support fp8 kv-cache on this device`.",
    help="remove args.attention-backend, or take FLASHINFER",
    evidence=(
        Evidence(
            "vllm-project/vllm vllm/v1/attention/backends/flash_attn.py",
            "0.18.1: raises unless flash_attn_supports_fp8, which asks for version 3 and capability 9.x",
        ),
    ),
    bad="args: {attention-backend: FLASH_ATTN}",
    good="args: {attention-backend: FLASHINFER}",
    base="single",
    applies=is_sm121,
    check=_check,
    allowable=False,
)
