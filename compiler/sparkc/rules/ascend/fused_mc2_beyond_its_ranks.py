"""Fused MC2 over more expert parallel ranks than it serves."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.catalog.versions import is_within
from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.ascend.switches import switched_on
from sparkc.rules.rule import Complaint, Evidence, Rule

MOST = 32


def _check(plan: Plan, facts: Facts) -> Iterator[Complaint]:
    found = switched_on(plan, facts, "enable_fused_mc2")
    if found is not None and facts.expert > MOST:
        key, name = found
        yield Complaint(key, f"found {name} with {facts.expert} expert parallel ranks, wanted {MOST} at most")


RULE = Rule(
    name="fused-mc2-beyond-its-ranks",
    severity=Severity.WARNING,
    failure=Failure.SILENT,
    summary="fused MC2 is asked for over more ranks than it serves, and stays off",
    why="The operator (dispatch_ffn_combine) serves 32 expert parallel ranks. Above that vLLM-Ascend chooses MC2 or "
    "all-to-all whatever the switch says, without a word.",
    help="lower parallelism.expert to 32, or remove enable_fused_mc2",
    evidence=(
        Evidence(
            "vllm-project/vllm-ascend vllm_ascend/ascend_forward_context.py",
            "0.21.0rc1, select_moe_comm_method, and 0.23.0: only where the expert parallel group has 32 ranks at most",
        ),
    ),
    bad="""
nodes:
  hardware: atlas-800-a3
  hosts:
    - {name: atlas-1, ssh: 192.168.1.11, address: 10.0.0.1}
    - {name: atlas-2, ssh: 192.168.1.12, address: 10.0.0.2}
    - {name: atlas-3, ssh: 192.168.1.13, address: 10.0.0.3}
    - {name: atlas-4, ssh: 192.168.1.14, address: 10.0.0.4}
interconnect: {kind: tcp, interface: eth0, topology: switch}
engine: {executor: mp, image: {ref: "quay.io/ascend/vllm-ascend:v0.21.0rc1-a3"}}
parallelism: {tensor: 8, data: 8, expert: 64}
args: {additional-config: {enable_fused_mc2: 1}}
""",
    good="""
nodes:
  hardware: atlas-800-a3
  hosts:
    - {name: atlas-1, ssh: 192.168.1.11, address: 10.0.0.1}
    - {name: atlas-2, ssh: 192.168.1.12, address: 10.0.0.2}
    - {name: atlas-3, ssh: 192.168.1.13, address: 10.0.0.3}
    - {name: atlas-4, ssh: 192.168.1.14, address: 10.0.0.4}
interconnect: {kind: tcp, interface: eth0, topology: switch}
engine: {executor: mp, image: {ref: "quay.io/ascend/vllm-ascend:v0.21.0rc1-a3"}}
parallelism: {tensor: 8, data: 8, expert: 64}
args: {additional-config: {enable_fused_mc2: 0}}
""",
    base="atlas",
    applies=lambda facts: (
        facts.hardware is not None
        and facts.hardware.architecture == "ascend-a3"
        and is_within(facts.engine.version, ">=0.21.0rc1,<=0.23.0")
    ),
    check=_check,
)
