"""NVFP4 experts on sm_121 without a word about which kernels run them."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.resolve.proposals import Proposal
from sparkc.rules.command_line import engine_flags
from sparkc.rules.rule import Complaint, Evidence, Rule

ARGUMENT = "moe-runner-backend"
PROVEN = "flashinfer_cutlass"
METHOD = "modelopt_fp4"
"""The only four-bit method that SGLang lets these kernels run with (0.5.12, server_args.py)."""


def _settle(facts: Facts) -> Iterator[Proposal]:
    yield Proposal(
        ("args", ARGUMENT), PROVEN, "four Sparks with NVFP4 experts: 35.9 tokens per second, and no request lost"
    )


def _check(plan: Plan, facts: Facts) -> Iterator[Complaint]:
    if f"--{ARGUMENT}" not in engine_flags(plan):
        yield Complaint(("args", ARGUMENT), f"found no --{ARGUMENT} for NVFP4 experts, wanted {PROVEN}")


def _runs_nvfp4_experts(facts: Facts) -> bool:
    return (
        facts.engine.name == "sglang"
        and facts.hardware is not None
        and facts.hardware.architecture == "sm_121"
        and facts.spec.quant is not None
        and facts.spec.quant.method == METHOD
        and facts.shape is not None
        and bool(facts.shape.experts)
        and facts.pipeline == 1
    )


RULE = Rule(
    name="experts-left-to-sglang",
    severity=Severity.NOTE,
    failure=Failure.CRASH,
    summary="SGLang chooses the kernels of NVFP4 experts, and its choice is not the proven one on this chip",
    why="Left to itself SGLang takes another path on sm_121 than on larger Blackwell chips. It is as fast with tensor "
    "parallelism, and crashed in every layout with experts spread over ranks: `Capture cuda graph failed: Runtime "
    "check failed at sglang/jit_kernel/csrc/moe/nvfp4_blockwise_moe.cu`.",
    help="leave args.moe-runner-backend out (sparkc sets flashinfer_cutlass), or name the runner that you measured",
    evidence=(
        Evidence(
            "vroomfondel/dgxarley TESTLOGS/sglang_nn4_tp4_ep1/minimax-m2.7-nvfp4",
            "0.5.12.post1, four Sparks: 35.9 tok/s for one request and 136 for eight; Triton 34 and 135",
        ),
        Evidence(
            "vroomfondel/dgxarley TESTLOGS/sglang_nn4_tp4_ep4/minimax-m2.5-nvfp4",
            "0.5.9-dev2, experts spread over four Sparks: stable in 7 of 12 layouts; Triton and cutlass in none of 24",
        ),
        Evidence(
            "sgl-project/sglang python/sglang/srt/server_args.py",
            "0.5.12: auto becomes a FlashInfer runner on compute capability 10.0 only",
        ),
        Evidence(
            "vroomfondel/dgxarley TESTLOGS/sglang_nn4_tp1_ep1/minimax-m2.5-nvfp4",
            "0.5.10rc0, four pipeline stages: these kernels fail in 16 of 16 and Triton in none; sparkc proposes "
            "nothing with stages",
            disagrees=True,
        ),
        Evidence(
            "vroomfondel/dgxarley TESTLOGS/sglang_nn4_tp4_ep4",
            "0.5.10rc0, experts spread: out of memory with a static fraction of 0.7, where 0.6 was stable before",
            disagrees=True,
        ),
    ),
    bad="args: {moe-runner-backend: null}",
    good="args: {moe-runner-backend: flashinfer_cutlass}",
    base="sglang-pair",
    applies=_runs_nvfp4_experts,
    settle=_settle,
    check=_check,
)
