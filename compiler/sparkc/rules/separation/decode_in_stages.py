"""The decode side is cut into pipeline stages."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.rule import Complaint, Evidence, Rule

CONNECTORS = ("MooncakeConnectorV1", "MooncakeHybridConnector")


def _check(_: Plan, facts: Facts) -> Iterator[Complaint]:
    if facts.side == "decode" and facts.pipeline > 1:
        yield Complaint(
            ("parallelism", "pipeline"),
            f"{facts.pipeline} pipeline stages on the decode side, wanted 1 with {facts.kv_transfer.connector}",
        )


RULE = Rule(
    name="decode-in-stages",
    severity=Severity.ERROR,
    failure=Failure.CRASH,
    summary="the decode side is cut into pipeline stages",
    why="A decode rank takes all layers of its heads from the prefill side. The connector ends on both sides while it "
    "is made: `decode pp size must be 1`. Stages on the prefill side are fine.",
    help="set roles.decode.parallelism.pipeline to 1, and spread decode over tensor or data ranks",
    evidence=(
        Evidence(
            "vllm-project/vllm-ascend vllm_ascend/distributed/kv_transfer/kv_p2p/mooncake_connector.py",
            "0.21.0rc1, _get_prefill_decode_size: the assertion; mooncake_hybrid_connector.py has it, too",
        ),
    ),
    bad="roles: {decode: {parallelism: {tensor: 4, expert: 8, pipeline: 2}}}",
    good="roles: {decode: {parallelism: {tensor: 8, expert: 16, pipeline: 1}}}",
    base="separated",
    applies=lambda facts: facts.kv_transfer.connector in CONNECTORS,
    check=_check,
    allowable=False,
)
