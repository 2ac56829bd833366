"""Fused MC2 over more expert parallel ranks than it serves."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.catalog.versions import is_within
from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.ascend.switches import fused_mc2
from sparkc.rules.rule import Complaint, Evidence, Rule

MOST = 32
LIMITED = 1
"""dispatch_ffn_combine; the other kernel, 2, has no such limit."""


def _check(plan: Plan, facts: Facts) -> Iterator[Complaint]:
    for key, name, kernel in fused_mc2(plan, facts):
        if kernel == LIMITED and facts.expert > MOST:
            yield Complaint(
                key, f"found {name} {kernel} with {facts.expert} expert parallel ranks, wanted {MOST} at most"
            )


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
            "0.13.0, 0.18.0, 0.21.0rc1, 0.23.0 and 0.24.0rc1, select_moe_comm_method: only where the expert parallel "
            "group has 32 ranks at most",
        ),
        Evidence(
            "vllm-project/vllm-ascend vllm_ascend/ascend_forward_context.py",
            "0.25.1rc1 and 0.26.0rc1: 64 ranks, where CANN has the newer operator (mega_moe)",
            disagrees=True,
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
        and is_within(facts.engine.version, ">=0.13,<0.25")
    ),
    check=_check,
)
