"""Data parallel ranks with servers of their own that do not divide by the machines."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.rule import Complaint, Evidence, Rule


def _check(_: Plan, facts: Facts) -> Iterator[Complaint]:
    machines = len(facts.hosts)
    if facts.data % machines and facts.ranks_per_server <= facts.accelerators:
        yield Complaint(
            ("parallelism", "data"),
            f"{facts.data} data parallel {'rank' if facts.data == 1 else 'ranks'} on {machines} machines, "
            f"wanted a multiple of {machines}",
        )


RULE = Rule(
    name="external-ranks-split-unevenly",
    severity=Severity.ERROR,
    failure=Failure.HANG,
    summary="data parallel ranks with servers of their own do not divide by the machines",
    why="Each rank is a server on one machine, and every machine gets the same number of them. A rank without a "
    "machine is never started, and the others wait for it for 5 minutes before they give up.",
    help="change parallelism.data, or the number of hosts",
    evidence=(
        Evidence(
            "vllm-project/vllm vllm/v1/engine/core.py",
            "0.21.0: ranks wait for each other, HANDSHAKE_TIMEOUT_MINS is 5",
        ),
        Evidence(
            "vllm-project/vllm-ascend examples/external_online_dp/launch_online_dp.py",
            "0.21.0rc1: starts dp-size-local ranks on each node, counted from dp-rank-start",
        ),
    ),
    bad="""
nodes:
  hosts:
    - {name: atlas-1, ssh: 192.168.1.11, address: 10.0.0.1}
    - {name: atlas-2, ssh: 192.168.1.12, address: 10.0.0.2}
    - {name: atlas-3, ssh: 192.168.1.13, address: 10.0.0.3}
roles: {decode: {hosts: [atlas-2, atlas-3], parallelism: {data: 3, expert: 24}, serving: {host: 0.0.0.0}}}
allow: [{rule: endpoint-open-to-the-world, reason: one address for two machines}]
""",
    good="""
nodes:
  hosts:
    - {name: atlas-1, ssh: 192.168.1.11, address: 10.0.0.1}
    - {name: atlas-2, ssh: 192.168.1.12, address: 10.0.0.2}
    - {name: atlas-3, ssh: 192.168.1.13, address: 10.0.0.3}
roles: {decode: {hosts: [atlas-2, atlas-3], parallelism: {data: 2, expert: 16}, serving: {host: 0.0.0.0}}}
allow: [{rule: endpoint-open-to-the-world, reason: one address for two machines}]
""",
    base="separated",
    applies=lambda facts: facts.ranks_are_servers,
    check=_check,
    allowable=False,
)
