"""Ranks that do not divide by the nodes."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.rule import Complaint, Evidence, Rule


def _check(_: Plan, facts: Facts) -> Iterator[Complaint]:
    ranks, nodes = facts.tensor * facts.pipeline, len(facts.hosts)
    if ranks % nodes:
        yield Complaint(
            ("parallelism",),
            f"tensor {facts.tensor} x pipeline {facts.pipeline} = {ranks} ranks on {nodes} nodes; "
            f"wanted a multiple of {nodes}",
        )


RULE = Rule(
    name="ranks-split-unevenly-over-nodes",
    severity=Severity.ERROR,
    failure=Failure.CRASH,
    summary="tensor x pipeline does not divide by the number of nodes",
    why="SGLang gives every node the same number of ranks and ends while it reads its arguments: `tp_size must be "
    "divisible by number of nodes`.",
    help="change parallelism, or the number of hosts",
    evidence=(
        Evidence(
            "sgl-project/sglang python/sglang/srt/server_args.py",
            "0.5.5 to 0.5.12, check_server_args; 0.5.23: arg_groups/validation_hook.py",
        ),
    ),
    bad="""
nodes:
  hosts:
    - {name: spark-1, ssh: 192.168.1.11, address: 10.0.0.1}
    - {name: spark-2, ssh: 192.168.1.12, address: 10.0.0.2}
    - {name: spark-3, ssh: 192.168.1.13, address: 10.0.0.3}
parallelism: {tensor: 4}
""",
    good="""
nodes:
  hosts:
    - {name: spark-1, ssh: 192.168.1.11, address: 10.0.0.1}
    - {name: spark-2, ssh: 192.168.1.12, address: 10.0.0.2}
parallelism: {tensor: 4}
""",
    base="sglang-pair",
    applies=lambda facts: facts.engine.name == "sglang",
    check=_check,
    allowable=False,
)
