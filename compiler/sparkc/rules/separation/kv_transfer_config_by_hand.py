"""Words in `args` that lie over what sparkc tells the connector of each side."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.command_line import named_in_args
from sparkc.rules.rule import Complaint, Evidence, Rule
from sparkc.rules.separation.sides import is_apart

FLAG = "--kv-transfer-config"

MADE = ("kv_connector", "kv_role", "kv_port", "engine_id", "kv_connector_extra_config")
"""The keys that differ between the sides, or must be the same on both."""


def _check(_: Plan, facts: Facts) -> Iterator[Complaint]:
    name = named_in_args(facts, FLAG)
    said = (facts.spec.args or {}).get(name) if name else None
    twice = [key for key in MADE if said is not None and (not isinstance(said, dict) or key in said)]
    if name is not None and twice:
        yield Complaint(
            ("args", name),
            f"args.{name} sets {', '.join(twice)}, which sparkc makes for each side from roles and kv_transfer",
        )


RULE = Rule(
    name="kv-transfer-config-by-hand",
    severity=Severity.ERROR,
    failure=Failure.SILENT,
    summary="args say over again what the connector of each side is told",
    why="What stands in args wins, on both sides: two producers, or two sides of one engine id, wait for caches that "
    "nobody hands over, and ports are not those that were judged here.",
    help="remove it from args, and say it in roles and kv_transfer",
    evidence=(
        Evidence(
            "vllm-project/vllm-ascend docs/source/tutorials/features/pd_disaggregation_mooncake_multi_node.md",
            "0.21.0rc1: a role, a port and an engine id of their own for each node",
        ),
    ),
    bad="args: {kv-transfer-config: {kv_port: 62000}}",
    good="args: {kv-transfer-config: {kv_load_failure_policy: fail}}",
    base="separated",
    applies=is_apart,
    check=_check,
)
