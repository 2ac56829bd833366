"""NPUs of several nodes that wait for each other for less time than a slow node needs."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.resolve.proposals import Proposal
from sparkc.rules.author_variables import text_on
from sparkc.rules.rule import Complaint, Evidence, Rule

VARIABLE = "HCCL_CONNECT_TIMEOUT"
OWN = 120
PROPOSED = 7200
"""Seconds; the most that HCCL takes, and what the tutorial of MiniMax M3 sets on two nodes."""


def _settle(facts: Facts) -> Iterator[Proposal]:
    yield Proposal(
        ("env", VARIABLE),
        str(PROPOSED),
        f"{len(facts.hosts)} nodes start at different speed; HCCL itself waits {OWN} s",
    )


def _check(plan: Plan, facts: Facts) -> Iterator[Complaint]:
    for host in facts.hosts:
        text = text_on(host, VARIABLE)
        if text is None or (text.isdecimal() and int(text) <= OWN):
            yield Complaint(
                facts.place(host, "env", VARIABLE),
                f"{host.name} waits {text or OWN} s for its peers, wanted {PROPOSED}",
            )


RULE = Rule(
    name="npus-give-up-early",
    severity=Severity.WARNING,
    failure=Failure.CRASH,
    summary="NPUs wait two minutes for those of the other nodes, which may still be reading weights",
    why="HCCL connects the NPUs of all nodes when ranks first speak with each other. A node that reads its weights "
    "more slowly, or compiles, comes later; the others give up after 120 s with an error of the communicator.",
    help="leave env.HCCL_CONNECT_TIMEOUT out; sparkc sets 7200",
    evidence=(
        Evidence(
            "https://www.hiascend.com/document/detail/zh/canncommercial/850/maintenref/envvar/envref_07_0149.html",
            "CANN 8.5.0: 120 s by default, 120 to 7200 allowed; 20 s more in fact",
        ),
        Evidence(
            "vllm-project/vllm-ascend docs/source/tutorials/models/MiniMax-M3.md",
            "two nodes: HCCL_CONNECT_TIMEOUT=7200 in an earlier revision, nothing at 001c89bb",
        ),
        Evidence(
            "https://www.hiascend.com/document/detail/zh/canncommercial/83RC1/maintenref/envvar/envref_07_0149.html",
            "CANN 8.3: a broken link is told about only after this time",
            disagrees=True,
        ),
    ),
    bad="""
nodes:
  hosts:
    - {name: atlas-1, ssh: 192.168.1.11, address: 10.0.0.1}
    - {name: atlas-2, ssh: 192.168.1.12, address: 10.0.0.2}
interconnect: {kind: tcp, interface: eth0, topology: switch}
engine: {executor: mp}
parallelism: {tensor: 16, expert: 16}
env: {HCCL_CONNECT_TIMEOUT: 120}
""",
    good="""
nodes:
  hosts:
    - {name: atlas-1, ssh: 192.168.1.11, address: 10.0.0.1}
    - {name: atlas-2, ssh: 192.168.1.12, address: 10.0.0.2}
interconnect: {kind: tcp, interface: eth0, topology: switch}
engine: {executor: mp}
parallelism: {tensor: 16, expert: 16}
""",
    base="atlas",
    applies=lambda facts: facts.hardware is not None and facts.hardware.collectives == "hccl" and facts.is_distributed,
    settle=_settle,
    check=_check,
)
