"""A key of the connector's configuration that the connector does not ask for."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.catalog.connectors import find_connectors
from sparkc.catalog.versions import is_within
from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.resolve.separation import SIDES
from sparkc.rules.rule import Complaint, Evidence, Rule
from sparkc.rules.separation.sides import is_apart
from sparkc.source.spelling import nearest, shown


def _check(_: Plan, facts: Facts) -> Iterator[Complaint]:
    known = find_connectors(facts.engine.name or "")
    connector = facts.kv_transfer.connector or ""
    if known is None or connector not in known.keys or not is_within(facts.engine.version, known.versions):
        return
    keys, lost = known.keys[connector], [key.name for key in known.lost]
    for name in facts.kv_transfer.extra or {}:
        if name not in keys and name not in lost:
            guess = nearest(name, [key for key in keys if key not in SIDES])
            yield Complaint(
                ("kv_transfer", "extra", name),
                f"{connector} of {facts.engine.name} {facts.engine.version} does not read {shown(name)}",
                help=f"did you mean `{guess}`?" if guess else None,
            )


RULE = Rule(
    name="kv-transfer-key-unknown",
    severity=Severity.WARNING,
    failure=Failure.SILENT,
    summary="a key of kv_transfer.extra is not among those that the connector reads",
    why="kv_connector_extra_config may hold anything; each connector asks for the keys that it knows and passes over "
    "the others without a word. A misspelt key leaves the launch without what it was to bring.",
    help="correct the key, or remove it",
    evidence=(
        Evidence(
            "vllm-project/vllm-ascend vllm_ascend/distributed/kv_transfer",
            "0.21.0rc1: get_from_extra_config and kv_connector_extra_config, by name, and no check for other keys",
        ),
    ),
    bad="kv_transfer: {connector: MooncakeLayerwiseConnector, extra: {tls_confg: {}}}",
    good="kv_transfer: {connector: MooncakeLayerwiseConnector, extra: {tls_config: {}}}",
    base="separated",
    applies=lambda facts: is_apart(facts) and facts.engine.fork is None,
    check=_check,
)
