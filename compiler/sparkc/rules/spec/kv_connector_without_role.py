"""A KV connector is named, and what this engine does with it is not."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.engine_config import place, structure
from sparkc.rules.rule import Complaint, Evidence, Rule

FLAG = "--kv-transfer-config"
ROLES = ("kv_producer", "kv_consumer", "kv_both")


def _check(plan: Plan, facts: Facts) -> Iterator[Complaint]:
    config = structure(plan, FLAG)
    role = config.get("kv_role")
    if config.get("kv_connector") is not None and role not in ROLES:
        found = "no kv_role" if role is None else f"kv_role {role}"
        yield Complaint(
            place(plan, facts, FLAG), f"{config['kv_connector']} with {found}, wanted one of {', '.join(ROLES)}"
        )


RULE = Rule(
    name="kv-connector-without-role",
    severity=Severity.ERROR,
    failure=Failure.CRASH,
    summary="kv_transfer_config has a connector without a role",
    why="vLLM refuses while it builds its configuration: `Please specify kv_role when kv_connector is set`, or "
    "`Unsupported kv_role`.",
    help="add kv_role: kv_producer, kv_consumer or kv_both",
    evidence=(
        Evidence(
            "vllm-project/vllm vllm/config/kv_transfer.py",
            "0.18.1: both raise",
        ),
    ),
    bad="args: {kv-transfer-config: {kv_connector: NixlConnector}}",
    good="args: {kv-transfer-config: {kv_connector: NixlConnector, kv_role: kv_both}}",
    base="single",
    check=_check,
    allowable=False,
)
