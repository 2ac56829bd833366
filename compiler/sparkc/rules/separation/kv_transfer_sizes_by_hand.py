"""Sizes in the connector's configuration that are worked out from the roles."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.resolve.separation import SIDES
from sparkc.rules.rule import Complaint, Evidence, Rule
from sparkc.rules.separation.sides import is_apart


def _check(_: Plan, facts: Facts) -> Iterator[Complaint]:
    for side in SIDES:
        if side in (facts.kv_transfer.extra or {}):
            of_side = facts.of_side(side)
            yield Complaint(
                ("kv_transfer", "extra", side),
                f"kv_transfer.extra.{side} stands beside the sizes that follow from the roles, tensor {of_side.tensor} "
                f"and data {of_side.data}, which the engine is told instead",
                help=f"remove it, and say the sizes in roles.{side}.parallelism",
            )


RULE = Rule(
    name="kv-transfer-sizes-by-hand",
    severity=Severity.WARNING,
    failure=Failure.SILENT,
    summary="kv_transfer.extra states sizes that sparkc works out",
    why="Both sides must be told the sizes of both, and each ends at its start when they are not those that it was "
    "launched with: `KV transfer 'prefill' config has a conflicting tensor parallel size`. They are taken from the "
    "roles, so what stands here is not used.",
    help="remove it",
    evidence=(
        Evidence(
            "vllm-project/vllm-ascend vllm_ascend/utils.py",
            "0.21.0rc1, check_kv_extra_config: raises when a side's own sizes differ from its flags",
        ),
    ),
    bad="kv_transfer: {extra: {prefill: {tp_size: 4, dp_size: 2}}}",
    good="kv_transfer: {extra: {}}",
    base="separated",
    applies=is_apart,
    check=_check,
)
