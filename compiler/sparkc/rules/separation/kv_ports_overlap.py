"""Prefill and decode hand over on the same ports."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.rule import Complaint, Evidence, Rule
from sparkc.rules.separation.kv_ports import in_words, kv_ports, touch, way_out
from sparkc.rules.separation.sides import is_apart


def _check(_: Plan, facts: Facts) -> Iterator[Complaint]:
    of_prefill, of_decode = kv_ports(facts.of_side("prefill")), kv_ports(facts.of_side("decode"))
    if touch(of_prefill, of_decode):
        yield Complaint(
            ("kv_transfer", "ports"),
            f"prefill hands over on {in_words(of_prefill)} and decode on {in_words(of_decode)}; "
            "wanted ranges of their own",
            help=way_out(facts, "decode"),
        )


RULE = Rule(
    name="kv-ports-overlap",
    severity=Severity.WARNING,
    failure=Failure.CRASH,
    summary="prefill and decode take the same KV ports",
    why="The sides stand on different machines, so both can bind. But the ports are all that a reader of logs and "
    "firewall rules can tell the sides by, and the launch breaks with `Address already in use` on the day when both "
    "share a machine. The guide gives each node ports of its own.",
    help="give each side a range of its own, as long as it has ranks",
    evidence=(
        Evidence(
            "vllm-project/vllm-ascend docs/source/tutorials/features/pd_disaggregation_mooncake_multi_node.md",
            "0.21.0rc1: each node occupies kv_port and as many more as it has NPUs; port conflicts should be "
            "prevented, and its examples take 36000, 36100 and 36200",
        ),
        Evidence("vllm-project/vllm-ascend issue 4725", "prefill and decode on one machine fail on a port in use"),
    ),
    bad="kv_transfer: {ports: {prefill: 61000, decode: 61008}}",
    good="kv_transfer: {ports: {prefill: 61000, decode: 61016}}",
    base="separated",
    applies=is_apart,
    check=_check,
)
