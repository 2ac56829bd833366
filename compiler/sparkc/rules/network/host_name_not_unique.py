"""Two hosts with one name."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import Failure, KeyPath, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.rule import Complaint, Evidence, Rule


def _check(_: Plan, facts: Facts) -> Iterator[Complaint]:
    first: dict[str, int] = {}
    for host in facts.hosts:
        other = first.setdefault(host.name, host.index)
        if other != host.index:
            yield Complaint(
                _place(host.index),
                f"hosts {other} and {host.index} are both called {host.name}; wanted a name of its own for each",
                also=((_place(other), "first named here"),),
            )


def _place(index: int) -> KeyPath:
    return ("nodes", "hosts", index, "name")


RULE = Rule(
    name="host-name-not-unique",
    severity=Severity.ERROR,
    failure=Failure.SILENT,
    summary="two hosts have the same name",
    why="The name is the host's folder in the output, its word on the command line and in every log. With two of "
    "one name the second host's files would replace the first one's, and both machines would start as the same "
    "rank.",
    help="give each host a name of its own",
    evidence=(
        Evidence(
            "NNNtrance/GLM-5.3-Flash-NVFP4-TP3-3x-DGX-Spark docs/03-launch-and-flags.md",
            "a node's file copied to another node gives two nodes of one rank",
        ),
    ),
    bad="""
nodes:
  hosts:
    - {name: spark-1, ssh: 192.168.1.11, address: 10.0.0.1}
    - {name: spark-1, ssh: 192.168.1.12, address: 10.0.0.2}
""",
    good="""
nodes:
  hosts:
    - {name: spark-1, ssh: 192.168.1.11, address: 10.0.0.1}
    - {name: spark-2, ssh: 192.168.1.12, address: 10.0.0.2}
""",
    check=_check,
    allowable=False,
)
