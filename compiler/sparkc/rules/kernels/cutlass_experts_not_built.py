"""CUTLASS' kernels for experts are not built for sm_120 and sm_121."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.command_line import engine_flags, place_of
from sparkc.rules.kernels.chip import is_sm121
from sparkc.rules.rule import Complaint, Evidence, Rule

FLAG = "--moe-backend"


def check(plan: Plan, facts: Facts) -> Iterator[Complaint]:
    """Report CUTLASS as the kernel for experts."""
    setting = engine_flags(plan).get(FLAG)
    if setting is not None and str(setting.value).lower() == "cutlass":
        yield Complaint(
            place_of(facts, setting), f"found {FLAG} cutlass, wanted another: it is not built for sm_120 and sm_121"
        )


RULE = Rule(
    name="cutlass-experts-not-built",
    severity=Severity.WARNING,
    failure=Failure.CRASH,
    summary="the chosen kernel for experts is not built for this chip",
    why="The engine loads the weights and then ends with `moe_backend=… is not supported`, because vLLM builds these "
    "kernels for other architectures.",
    help="set --moe-backend to marlin, or leave it out",
    evidence=(
        Evidence("https://github.com/vllm-project/vllm/issues/43507", "CUTLASS MoE is missing on sm_120 and sm_121"),
        Evidence(
            "https://github.com/Avarok-Cybersecurity/dgx-vllm",
            "guide to MiniMax-M2.5-NVFP4: an image with kernels of its own runs CUTLASS at 13.7 tok/s",
            disagrees=True,
        ),
    ),
    applies=is_sm121,
    check=check,
    bad="args: {moe-backend: cutlass}",
    good="args: {moe-backend: marlin}",
)
