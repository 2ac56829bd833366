"""Groups of experts that do not add up to the tensor parallel ranks."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.engines.values import canonical
from sparkc.resolve.facts import Facts
from sparkc.rules.command_line import engine_flags
from sparkc.rules.engine_config import number, place
from sparkc.rules.rule import Complaint, Evidence, Rule

RUNNER = "--moe-runner-backend"
WHOLE_OR_NOT = ("flashinfer_cutlass", "flashinfer_cutedsl")
"""Kernels for experts that want them all on each rank, or spread over all ranks."""


def _check(plan: Plan, facts: Facts) -> Iterator[Complaint]:
    flag = canonical(facts, "--moe-dp-size")
    copies = number(plan, flag) or 1
    if copies > 1 and facts.expert > 1 and facts.expert * copies != facts.tensor:
        yield Complaint(
            place(plan, facts, flag),
            f"expert {facts.expert} x {flag} {copies} = {facts.expert * copies}; wanted tensor {facts.tensor}",
        )
    setting = engine_flags(plan).get(RUNNER)
    if setting is not None and setting.value in WHOLE_OR_NOT and facts.expert not in (1, facts.tensor):
        yield Complaint(
            ("parallelism", "expert"),
            f"parallelism.expert is {facts.expert} with {setting.value}; wanted 1 or tensor {facts.tensor}",
        )
    elif copies == 1 and facts.tensor % facts.expert:
        yield Complaint(
            ("parallelism", "expert"),
            f"parallelism.expert is {facts.expert}; wanted a divisor of tensor {facts.tensor}",
        )


RULE = Rule(
    name="expert-groups-do-not-match",
    severity=Severity.ERROR,
    failure=Failure.CRASH,
    summary="expert parallel groups do not fit the tensor parallel ranks",
    why="SGLang ends while it reads its arguments: `ep_size * moe_dp_size must be equal to tp_size`, or with "
    "FlashInfer's kernels `The expert parallel size must be 1 or the same as the tensor parallel size`.",
    help="set parallelism.expert to 1 or to parallelism.tensor",
    evidence=(
        Evidence(
            "sgl-project/sglang python/sglang/srt/server_args.py",
            "0.5.10 and 0.5.12: _handle_context_parallelism, _handle_moe_kernel_config; 0.5.23: arg_groups/moe_hook.py",
        ),
        Evidence(
            "sgl-project/sglang python/sglang/srt/distributed/parallel_state.py",
            "0.5.12: the ranks of an expert are tensor // expert",
        ),
    ),
    bad="parallelism: {tensor: 2, expert: 3}",
    good="parallelism: {tensor: 2, expert: 2}",
    base="sglang-pair",
    applies=lambda facts: facts.engine.name == "sglang",
    check=_check,
    allowable=False,
)
