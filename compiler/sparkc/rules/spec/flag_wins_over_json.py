"""One setting, said by a flag and again inside a JSON value, and one of the two is dropped."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.rule import Complaint, Evidence, Rule
from sparkc.rules.spec.flag_and_json_exclude_each_other import EXCLUSIVE
from sparkc.rules.spec.said_twice import said_twice


def _check(plan: Plan, facts: Facts) -> Iterator[Complaint]:
    for twice in said_twice(plan, facts):
        if twice.sets not in EXCLUSIVE:
            yield Complaint(
                twice.place,
                f"found {twice.flag} and `{twice.key}` in {twice.json_flag}, wanted one of them: the flag wins",
                also=((twice.json_place, "said here too"),),
            )


RULE = Rule(
    name="flag-wins-over-json",
    severity=Severity.WARNING,
    failure=Failure.SILENT,
    summary="a flag and a key inside a JSON value say the same, and the engine drops the key",
    why="vLLM lays the flag over the JSON value without a word: whoever reads the JSON reads a setting that does "
    "not hold.",
    help="say it once",
    evidence=(
        Evidence(
            "vllm-project/vllm vllm/engine/arg_utils.py",
            "0.18.1 and 0.33.0: moe_backend and linear_backend overwrite those of kernel_config unless they are auto",
        ),
    ),
    bad="args: {moe-backend: marlin, kernel-config: {moe_backend: triton}}",
    good="args: {moe-backend: marlin}",
    base="single",
    check=_check,
)
