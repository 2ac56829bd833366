"""TensorRT-LLM's attention for prompts is not built for this chip."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.catalog.versions import is_within
from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.engines.values import canonical
from sparkc.resolve.facts import Facts
from sparkc.rules.command_line import engine_flags, place_of
from sparkc.rules.rule import Complaint, Evidence, Rule

MHA, MLA = "trtllm_mha", "trtllm_mla"
BOTH, PREFILL, DECODE = "--attention-backend", "--prefill-attention-backend", "--decode-attention-backend"
MLA_CACHES = ("auto", "bf16", "fp8_e4m3", "fp4_e2m1")


def _is_sglang_on_sm121(facts: Facts) -> bool:
    return facts.engine.name == "sglang" and facts.hardware is not None and facts.hardware.architecture == "sm_121"


def _check(plan: Plan, facts: Facts) -> Iterator[Complaint]:
    flags = engine_flags(plan)
    dtype = facts.serving.kv_cache_dtype or "auto"
    prefill = flags.get(PREFILL) or flags.get(BOTH)
    if prefill is not None and prefill.value == MHA:
        if is_within(facts.engine.version, "<=0.5.12.post1"):
            yield Complaint(
                place_of(facts, prefill),
                f"found {prefill.key} {MHA} on sm_121, wanted flashinfer or triton for prompts",
            )
        elif dtype == "fp8_e4m3":
            yield Complaint(
                place_of(facts, prefill),
                f"found {prefill.key} {MHA} with a {dtype} cache, wanted another cache on sm_121",
            )
    for flag in (BOTH, DECODE):
        setting = flags.get(canonical(facts, flag))
        if setting is not None and setting.value == MLA and dtype not in MLA_CACHES:
            yield Complaint(
                place_of(facts, setting),
                f"found {flag} {MLA} with a {dtype} cache, wanted one of {', '.join(MLA_CACHES)}",
            )


RULE = Rule(
    name="trtllm-attention-on-sm121",
    severity=Severity.ERROR,
    failure=Failure.CRASH,
    summary="TensorRT-LLM's attention does not run here",
    why="SGLang ends while it reads its arguments: `TRTLLM MHA backend for prefill is only supported on Blackwell "
    "GPUs (SM100).` GB10 is SM 12.1. From 0.5.23 on it runs there, but not with an fp8_e4m3 cache; TRT-LLM MLA "
    "takes few cache formats anywhere.",
    help="leave the attention backend out, or take flashinfer",
    evidence=(
        Evidence(
            "sgl-project/sglang python/sglang/srt/server_args.py",
            "0.5.5 to 0.5.12: _handle_attention_backend_compatibility; 0.5.23: arg_groups/attention_hook.py",
        ),
    ),
    bad="args: {attention-backend: trtllm_mha}",
    good="args: {attention-backend: flashinfer}",
    base="sglang",
    applies=_is_sglang_on_sm121,
    check=_check,
    allowable=False,
)
