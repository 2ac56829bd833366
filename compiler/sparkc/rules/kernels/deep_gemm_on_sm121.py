"""DeepGEMM says that it supports sm_121, and faults."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.author_variables import variable_texts
from sparkc.rules.command_line import engine_flags, place_of
from sparkc.rules.kernels.chip import is_sm121
from sparkc.rules.rule import Complaint, Evidence, Rule

FLAGS = ("--moe-backend", "--linear-backend")
VARIABLES = ("VLLM_USE_DEEP_GEMM", "VLLM_MOE_USE_DEEP_GEMM")
NO = ("", "0", "false")


def check(plan: Plan, facts: Facts) -> Iterator[Complaint]:
    """Report an author who asks for DeepGEMM."""
    flags = engine_flags(plan)
    for flag in FLAGS:
        setting = flags.get(flag)
        if setting is not None and str(setting.value).lower().replace("-", "_").startswith("deep_gemm"):
            yield Complaint(
                place_of(facts, setting), f"found {flag} {setting.value}, wanted another: DeepGEMM faults on sm_121"
            )
    for variable in VARIABLES:
        for word in variable_texts(facts, variable):
            if (word.text or "").lower() not in NO:
                yield Complaint(word.key, f"found {variable} {word.text}, wanted 0: DeepGEMM faults on sm_121")


RULE = Rule(
    name="deep-gemm-on-sm121",
    severity=Severity.WARNING,
    failure=Failure.SILENT,
    summary="DeepGEMM may corrupt answers on this chip without a word",
    why="The library reports the chip as supported, because its number is high enough, and has no kernels for it: its "
    "code for scale layouts crashes, or results are wrong.",
    help="leave DeepGEMM out; Marlin and Triton run on this chip",
    evidence=(
        Evidence("https://github.com/vllm-project/vllm/issues/54125", "reported as supported on sm_121, and faults"),
        Evidence("https://github.com/deepseek-ai/DeepGEMM/issues/417", "no kernels for sm_12x"),
        Evidence(
            "https://al-engr.com/minimax-sglang-debug.html",
            "its scale layout code crashed on SM 12.1 in SGLang; patched, the failure moved on",
        ),
    ),
    applies=is_sm121,
    check=check,
    bad='env: {VLLM_USE_DEEP_GEMM: "1"}',
    good='env: {VLLM_USE_DEEP_GEMM: "0"}',
)
