"""A key of the connector's configuration that older releases read."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.catalog.connectors import find_connectors
from sparkc.catalog.versions import is_within
from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.rule import Complaint, Evidence, Rule
from sparkc.rules.separation.sides import is_apart


def _check(_: Plan, facts: Facts) -> Iterator[Complaint]:
    known = find_connectors(facts.engine.name or "")
    for key in known.lost if known else ():
        if key.name in (facts.kv_transfer.extra or {}) and is_within(facts.engine.version, key.gone):
            yield Complaint(
                ("kv_transfer", "extra", key.name),
                f"{key.name} is read by nothing in {facts.engine.name} {facts.engine.version}: {key.instead}",
            )


RULE = Rule(
    name="kv-transfer-key-nobody-reads",
    severity=Severity.NOTE,
    failure=Failure.SILENT,
    summary="a key of kv_transfer.extra is left over from an older release",
    why="Guides still print it. Connectors ask for the keys that they know, and pass over others without a word.",
    help="remove it",
    evidence=(
        Evidence(
            "vllm-project/vllm-ascend vllm_ascend/distributed/mooncake_connector.py",
            "0.11.0 reads use_ascend_direct; 0.13.0, 0.18.0, 0.21.0rc1, 0.23.0 and 0.26.0rc1 read it nowhere",
        ),
        Evidence(
            "https://docs.vllm.ai/projects/ascend/en/v0.23.0/tutorials/models/MiniMax-M2.html",
            "5.2 still sets use_ascend_direct",
            disagrees=True,
        ),
    ),
    bad="kv_transfer: {extra: {use_ascend_direct: true}}",
    good="kv_transfer: {extra: {}}",
    base="separated",
    applies=is_apart,
    check=_check,
)
