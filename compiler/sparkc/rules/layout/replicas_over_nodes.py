"""Replicas of a model that are to stand on several nodes."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.rule import Complaint, Evidence, Rule


def _check(_: Plan, facts: Facts) -> Iterator[Complaint]:
    if facts.data > 1 and not facts.shares_ranks:
        yield Complaint(
            ("parallelism", "data"),
            f"found data {facts.data} on {len(facts.hosts)} nodes, wanted 1, or args: {{enable-dp-attention: true}}",
        )


RULE = Rule(
    name="replicas-over-nodes",
    severity=Severity.ERROR,
    failure=Failure.CRASH,
    summary="SGLang spreads replicas over nodes only as data parallel attention",
    why="SGLang ends while it reads its arguments: `multi-node data parallel is not supported unless dp "
    "attention!` (0.5.23: `multi-node data-parallel replicas are not supported`).",
    help="set parallelism.data to 1 and start one deployment per replica, or use data parallel attention",
    evidence=(
        Evidence(
            "sgl-project/sglang python/sglang/srt/server_args.py",
            "0.5.5 to 0.5.12, check_server_args; 0.5.23: arg_groups/validation_hook.py, which wants --attn-dp-size",
        ),
    ),
    bad="parallelism: {tensor: 2, data: 2}",
    good="parallelism: {tensor: 4, data: 1}",
    base="sglang-pair",
    applies=lambda facts: facts.engine.name == "sglang" and facts.is_distributed,
    check=_check,
    allowable=False,
)
