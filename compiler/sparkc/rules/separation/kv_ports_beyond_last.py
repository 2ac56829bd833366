"""KV ports that run past the last port that there is."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.rule import Complaint, Evidence, Rule
from sparkc.rules.separation.kv_ports import LAST, in_words, kv_ports, way_out
from sparkc.rules.separation.sides import is_apart


def _check(_: Plan, facts: Facts) -> Iterator[Complaint]:
    assert facts.side is not None
    ports = kv_ports(facts)
    if ports.stop - 1 > LAST:
        yield Complaint(
            ("kv_transfer", "ports", facts.side),
            f"{len(ports)} ranks take the KV ports {in_words(ports)}, and {LAST} is the last that there is",
            help=way_out(facts, facts.side),
        )


RULE = Rule(
    name="kv-ports-beyond-last",
    severity=Severity.ERROR,
    failure=Failure.CRASH,
    summary="the KV ports of a side run past 65535",
    why="Every rank counts its port from the first one. A rank whose port is above 65535 cannot bind it, and the "
    "server ends after the weights were loaded.",
    help="take a lower first port",
    evidence=(
        Evidence(
            "vllm-project/vllm-ascend vllm_ascend/distributed/kv_transfer/kv_p2p/mooncake_connector.py",
            "0.21.0rc1: the handshake port is kv_port and the rank's place among all ranks of the side",
        ),
    ),
    bad="kv_transfer: {ports: {decode: 65525}}",
    good="kv_transfer: {ports: {decode: 65520}}",
    base="separated",
    applies=is_apart,
    check=_check,
    allowable=False,
)
