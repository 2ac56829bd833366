"""A scheduler is on that belongs to the other way of serving prefill and decode."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.ascend.switches import FLAG, switched_on
from sparkc.rules.engine_config import place, structure
from sparkc.rules.rule import Complaint, Evidence, Rule


def _check(plan: Plan, facts: Facts) -> Iterator[Complaint]:
    config, role = structure(plan, FLAG), structure(plan, "--kv-transfer-config").get("kv_role")
    is_separated = role in ("kv_producer", "kv_consumer")
    balanced = switched_on(plan, facts, "enable_balance_scheduling")
    if balanced is not None and is_separated:
        key, name = balanced
        yield Complaint(key, f"{name} with kv_role {role}, wanted kv_both or none")
    if config.get("recompute_scheduler_enable") and not is_separated:
        yield Complaint(
            place(plan, facts, FLAG),
            f"recompute_scheduler_enable with {f'kv_role {role}' if role else 'no kv_role'}, "
            "wanted kv_producer or kv_consumer",
        )
    if config.get("layer_sharding") and role != "kv_producer":
        yield Complaint(
            place(plan, facts, FLAG),
            f"layer_sharding with {f'kv_role {role}' if role else 'no kv_role'}, wanted kv_producer",
        )


RULE = Rule(
    name="scheduler-of-the-other-mode",
    severity=Severity.ERROR,
    failure=Failure.CRASH,
    summary="balance scheduling, recompute scheduling or layer sharding in the wrong mode",
    why="vLLM-Ascend refuses while it builds its configuration: `enable_balance_scheduling only supports PD-mixed "
    "mode`, `recompute_scheduler_enable can only be enabled in PD-disaggregated mode`, or `layer_sharding can "
    "only be enabled in PD-disaggregated's P node`.",
    help="remove the key from args.additional-config",
    evidence=(
        Evidence(
            "vllm-project/vllm-ascend vllm_ascend/platform.py",
            "0.21.0rc1: all three raise",
        ),
    ),
    bad="args: {additional-config: {recompute_scheduler_enable: true}}",
    good="args: {additional-config: {enable_balance_scheduling: true}}",
    base="atlas",
    applies=lambda facts: facts.engine.name == "vllm-ascend",
    check=_check,
    allowable=False,
)
