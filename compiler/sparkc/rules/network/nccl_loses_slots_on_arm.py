"""An NCCL that deadlocks on CPUs of the Arm kind after a while."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.catalog.versions import is_within
from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.rule import Complaint, Evidence, Rule

REPAIRED = "2.29.3"


def _runs_on_arm(facts: Facts) -> bool:
    return facts.is_distributed and facts.hardware is not None and facts.hardware.cpu == "aarch64"


def _check(_: Plan, facts: Facts) -> Iterator[Complaint]:
    if facts.engine.nccl is not None and is_within(facts.engine.nccl, f"<{REPAIRED}"):
        yield Complaint(
            ("engine", "nccl"), f"found NCCL {facts.engine.nccl} on aarch64, wanted {REPAIRED} or newer: it deadlocks"
        )


RULE = Rule(
    name="nccl-loses-slots-on-arm",
    severity=Severity.WARNING,
    failure=Failure.HANG,
    summary="this NCCL loses slots of its proxy on Arm, and ends in a deadlock",
    why="Before 2.29.3 NCCL gives freed slots back with an atomic operation that may fail without a reason on Arm, and "
    "does not try again. When the last slot is lost, one rank spins at 96 % and the others wait in the collective; no "
    "message, until a watchdog ends the engine after minutes or hours under load.",
    help="load NCCL 2.29.3 or newer (2.30.4 also repairs graphs across nodes) and state it in engine.nccl",
    evidence=(
        Evidence(
            "https://github.com/NVIDIA/nccl/issues/2353",
            "aarch64 wheels: 2.28.9 and 2.29.2 deadlock, 2.29.3 and 2.30.7 do not; NVIDIA names the repairs",
        ),
        Evidence(
            "https://github.com/vllm-project/vllm/issues/42354",
            "two Sparks, vLLM 0.25.1: the wheel's 2.28.9 hangs after 20 to 26 minutes under load",
        ),
        Evidence(
            "https://github.com/vllm-project/vllm/issues/41725",
            "the 2.28.9 that DGX OS builds ran for an hour where the wheel's 2.28.9 hung",
            disagrees=True,
        ),
    ),
    bad="engine: {nccl: 2.28.9}",
    good="engine: {nccl: 2.29.7}",
    applies=_runs_on_arm,
    check=_check,
)
