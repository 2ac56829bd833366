"""NVFP4 on sm_121 is faster and steadier on Marlin than on the kernels that vLLM would choose."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.catalog.engine import EngineCatalog
from sparkc.catalog.entries import Variable
from sparkc.findings import Failure, KeyPath, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.resolve.proposals import Proposal
from sparkc.rules.author_variables import variable_texts
from sparkc.rules.command_line import engine_flags, place_of
from sparkc.rules.kernels.chip import has_experts, is_sm121
from sparkc.rules.rule import Complaint, Evidence, Rule

MARLIN = "marlin"
MOE, LINEAR = "moe-backend", "linear-backend"
# Newer versions can be asked for the NVFP4 layers alone: other layers of the checkpoint keep what is best for them.
PER_QUANT = ("kernel-config", "linear_backend_per_quant", "nvfp4_w4a4")

# How it was said before there were flags (vLLM 0.18.1, fused_moe/oracle/nvfp4.py): forcing Marlin for FP8 is what
# forces it for NVFP4 experts too, and FlashInfer's experts only step aside.
FORCE_MOE = "VLLM_TEST_FORCE_FP8_MARLIN"
FLASHINFER_MOE = "VLLM_USE_FLASHINFER_MOE_FP4"
GEMM = "VLLM_NVFP4_GEMM_BACKEND"

IMMATURE = ("flashinfer", "cutlass")
"""How the names of the kernels begin that are immature here."""


def settle(facts: Facts) -> Iterator[Proposal]:
    """Ask for Marlin in the words of the pinned version. Who chose a kernel for the experts has chosen for both."""
    names = facts.engine_names
    if names is None or facts.argument(MOE) is not None:
        return
    if has_experts(facts):
        yield from _experts(names)
    if facts.argument(LINEAR) is None:
        yield from _dense_layers(names)


def _experts(names: EngineCatalog) -> Iterator[Proposal]:
    reason = f"NVFP4 experts on sm_121, vLLM {names.version}: 16 to 17 instead of 11 to 14 tokens per second"
    if _offers(names, MOE):
        yield Proposal(("args", MOE), MARLIN, reason)
        return
    for variable, value in ((FLASHINFER_MOE, "0"), (FORCE_MOE, "1")):
        if names.variable(variable) is not None:
            yield Proposal(("env", variable), value, reason)


def _dense_layers(names: EngineCatalog) -> Iterator[Proposal]:
    reason = f"NVFP4 layers on sm_121, vLLM {names.version}: the launches with Marlin are the stable ones"
    kernel_config = names.schema("KernelConfig")
    if kernel_config is not None and PER_QUANT[1] in kernel_config.keys:
        yield Proposal(("args", *PER_QUANT), MARLIN, reason)
    elif _offers(names, LINEAR):
        yield Proposal(("args", LINEAR), MARLIN, reason)
    elif _knows_marlin(names.variable(GEMM)):
        yield Proposal(("env", GEMM), MARLIN, reason)


def _knows_marlin(variable: Variable | None) -> bool:
    return variable is not None and (variable.choices is None or MARLIN in variable.choices)


def _offers(names: EngineCatalog, argument: str) -> bool:
    flag = names.flag(f"--{argument}")
    return flag is not None and (flag.value.choices is None or MARLIN in flag.value.choices)


def check(plan: Plan, facts: Facts) -> Iterator[Complaint]:
    """Report an author who asks for FlashInfer or CUTLASS."""
    for key, found, wanted in _said(plan, facts):
        yield Complaint(key, f"found {found}, wanted {wanted}: NVFP4 on sm_121 is slower and less steady there")


def _said(plan: Plan, facts: Facts) -> Iterator[tuple[KeyPath, str, str]]:
    flags = engine_flags(plan)
    for argument in (MOE, LINEAR):
        setting = flags.get(f"--{argument}")
        # The CUTLASS experts are a rule of their own: they are not built for this chip at all.
        unwanted = IMMATURE[:1] if argument == MOE else IMMATURE
        if setting is not None and str(setting.value).lower().startswith(unwanted):
            yield place_of(facts, setting), f"--{argument} {setting.value}", MARLIN
    for word in variable_texts(facts, GEMM):
        if (word.text or "").startswith(IMMATURE):
            yield word.key, f"{GEMM} {word.text}", MARLIN
    for word in variable_texts(facts, FLASHINFER_MOE):
        if word.text not in ("", "0"):
            yield word.key, f"{FLASHINFER_MOE} {word.text}", "0"


RULE = Rule(
    name="nvfp4-without-marlin",
    severity=Severity.WARNING,
    failure=Failure.SLOW,
    summary="NVFP4 runs on kernels that are immature on this chip",
    why="sm_121 has no path for NVFP4 that is as good as Marlin's weight-only one. With FlashInfer's or CUTLASS' "
    "kernels the launch gives 11 to 14 tokens per second and varies from run to run. The log then lacks `Using "
    "'MARLIN' NvFp4 MoE backend`. The warning that this GPU has no native FP4 support is expected, and harmless.",
    help="remove the setting: sparkc asks for Marlin in the words of the pinned version",
    evidence=(
        Evidence(
            "https://github.com/Avarok-Cybersecurity/dgx-vllm",
            "guide to MiniMax-M2.5-NVFP4: 16.1 to 17.5 tok/s with Marlin and expert parallel, 13.7 with CUTLASS",
        ),
        Evidence(
            "https://al-engr.com/minimax-sglang-debug.html",
            "28.8 to 36.6 tok/s with the three Marlin variables for MiniMax M2.7 NVFP4 on two Sparks",
        ),
        Evidence("NVIDIA/dgx-spark-playbooks nvidia/vllm/README.md", "--moe-backend marlin for Qwen3.6-35B-A3B-NVFP4"),
        Evidence(
            "vllm-project/vllm vllm/model_executor/layers/fused_moe/oracle/nvfp4.py",
            "0.18.1 and 0.21.0: VLLM_TEST_FORCE_FP8_MARLIN=1 forces Marlin for NVFP4 experts",
        ),
        Evidence(
            "https://github.com/vllm-project/vllm/pull/39538",
            "the variables are deprecated for --moe-backend and --linear-backend, and gone by 0.30.0",
        ),
        Evidence(
            "vllm-project/vllm vllm/model_executor/kernels/linear/__init__.py",
            "0.23.0: --linear-backend marlin counts for every quantized layer, and ends the engine at one that Marlin "
            "cannot do; 0.30.0 and 0.33.0: linear_backend_per_quant names the layers, nvfp4_w4a4 those of NVFP4",
        ),
        Evidence(
            "https://github.com/vllm-project/recipes/pull/632",
            "newer vLLM: FLASHINFER_CUTLASS, chosen automatically, is faster than Marlin",
            disagrees=True,
        ),
        Evidence("eugr/spark-vllm-docker recipes/minimax-m2.7-nvfp4.yaml", "runs flashinfer-cutlass", disagrees=True),
    ),
    applies=lambda facts: facts.quant == "nvfp4" and is_sm121(facts),
    settle=settle,
    check=check,
    bad="args: {moe-backend: flashinfer_cutlass}",
    good="args: {moe-backend: marlin}",
)
