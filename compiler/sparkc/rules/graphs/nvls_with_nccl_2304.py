"""The NCCL that repairs graphs hangs with NVLS on models with experts."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.catalog.versions import is_within
from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.resolve.proposals import Proposal
from sparkc.rules.author_variables import variable_texts
from sparkc.rules.kernels.chip import has_experts
from sparkc.rules.rule import Complaint, Evidence, Rule

VARIABLE = "NCCL_NVLS_ENABLE"
OFF = "0"
AFFECTED = "==2.30.4"


def settle(facts: Facts) -> Iterator[Proposal]:
    """Switch NVLS off."""
    yield Proposal(("env", VARIABLE), OFF, f"NCCL {facts.engine.nccl} hangs with NVLS when a model has experts")


def check(plan: Plan, facts: Facts) -> Iterator[Complaint]:
    """Report an author who keeps NVLS on."""
    for word in variable_texts(facts, VARIABLE):
        if word.text != OFF:
            yield Complaint(word.key, f"found {VARIABLE} {word.text} with NCCL {facts.engine.nccl}, wanted {OFF}")


RULE = Rule(
    name="nvls-with-nccl-2304",
    severity=Severity.WARNING,
    failure=Failure.HANG,
    summary="NCCL 2.30.4 hangs with NVLS on models with experts",
    why="2.30.4 is the version in which graphs across nodes work again, and the one in which NVLS hangs when experts "
    "exchange tokens. Both are met by switching NVLS off.",
    help='set NCCL_NVLS_ENABLE to "0", or leave it out and sparkc sets it',
    evidence=(
        Evidence("https://github.com/NVIDIA/nccl/issues/2167", "a hang of 2.30.4 with NVLS and experts"),
        Evidence(
            "mpfaffenberger/MiniMax-M3-NVFP4-DSpark-vLLM-4x-DGX-Spark README.md", "2.30.4 on every rank, NVLS off"
        ),
        Evidence("NNNtrance/GLM-5.3-Flash-NVFP4-TP3-3x-DGX-Spark docs/03-launch-and-flags.md", "NCCL_NVLS_ENABLE=0"),
    ),
    applies=lambda facts: facts.is_distributed and has_experts(facts) and is_within(facts.engine.nccl, AFFECTED),
    settle=settle,
    check=check,
    bad='{engine: {nccl: 2.30.4}, env: {NCCL_NVLS_ENABLE: "1"}}',
    good='{engine: {nccl: 2.30.4}, env: {NCCL_NVLS_ENABLE: "0"}}',
)
