"""Two hosts with one address."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import Failure, KeyPath, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.rule import Complaint, Evidence, Rule


def _is_distributed(facts: Facts) -> bool:
    return facts.talks_to_peers


def _check(_: Plan, facts: Facts) -> Iterator[Complaint]:
    first: dict[str, int] = {}
    for host in facts.hosts:
        other = first.setdefault(host.address, host.index)
        if other != host.index:
            earlier = facts.hosts[other]
            yield Complaint(
                _place(host.index),
                f"{host.name} has the address {host.address} of {earlier.name}; wanted one of its own",
                also=((_place(other), "first named here"),),
            )
    # Of two sides one speaks: the second.
    prefill = [host for other in facts.others if other.side == "prefill" for host in other.hosts]
    for host in facts.hosts:
        for earlier in prefill:
            if earlier.address == host.address:
                yield Complaint(
                    _place(host.index),
                    f"{host.name} has the address {host.address} of {earlier.name}; wanted one of its own",
                )


def _place(index: int) -> KeyPath:
    return ("nodes", "hosts", index, "address")


RULE = Rule(
    name="peer-address-not-unique",
    severity=Severity.ERROR,
    failure=Failure.CRASH,
    summary="two hosts have the same address",
    why="Ray knows a node by its address, and vLLM counts them: `Every node should have a unique IP address`. A "
    "worker with the head's address joins itself.",
    help="give each host the address that stands on its own interface",
    evidence=(
        Evidence(
            "vllm-project/vllm vllm/v1/executor/ray_executor.py",
            "0.18.1: refuses a cluster with fewer addresses than nodes",
        ),
        Evidence("vllm-project/vllm pull request 43095", "VLLM_HOST_IP must differ from node to node"),
    ),
    bad="""
nodes:
  hosts:
    - {name: spark-1, ssh: 192.168.1.11, address: 10.0.0.1}
    - {name: spark-2, ssh: 192.168.1.12, address: 10.0.0.1}
""",
    good="""
nodes:
  hosts:
    - {name: spark-1, ssh: 192.168.1.11, address: 10.0.0.1}
    - {name: spark-2, ssh: 192.168.1.12, address: 10.0.0.2}
""",
    applies=_is_distributed,
    check=_check,
    allowable=False,
)
