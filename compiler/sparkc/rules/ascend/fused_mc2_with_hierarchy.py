"""Two ways of moving tokens to experts exclude each other."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.ascend.switches import FLAG, switched_on
from sparkc.rules.engine_config import structure
from sparkc.rules.rule import Complaint, Evidence, Rule


def _check(plan: Plan, facts: Facts) -> Iterator[Complaint]:
    found = switched_on(plan, facts, "enable_fused_mc2")
    if found is not None and structure(plan, FLAG).get("enable_mc2_hierarchy_comm"):
        key, name = found
        yield Complaint(key, f"found {name} and enable_mc2_hierarchy_comm, wanted one of the two")


RULE = Rule(
    name="fused-mc2-with-hierarchy",
    severity=Severity.ERROR,
    failure=Failure.CRASH,
    summary="fused MC2 together with hierarchy communication",
    why="vLLM-Ascend refuses while it builds its configuration: `fused mc2 op cannot be used with hierarchy "
    "communication`.",
    help="remove one of the two keys from args.additional-config",
    evidence=(
        Evidence(
            "vllm-project/vllm-ascend vllm_ascend/platform.py",
            "0.21.0rc1: raises",
        ),
    ),
    bad="""
engine:
  name: vllm-ascend
  version: 0.21.0rc1
  executor: mp
  ray: null
  image: {ref: "quay.io/ascend/vllm-ascend:v0.21.0rc1-a3", id: null}
nodes: {hardware: atlas-800-a3}
quant: w8a8
args: {additional-config: {enable_fused_mc2: 1, enable_mc2_hierarchy_comm: true}}
""",
    good="""
engine:
  name: vllm-ascend
  version: 0.21.0rc1
  executor: mp
  ray: null
  image: {ref: "quay.io/ascend/vllm-ascend:v0.21.0rc1-a3", id: null}
nodes: {hardware: atlas-800-a3}
quant: w8a8
args: {additional-config: {enable_fused_mc2: 1}}
""",
    applies=lambda facts: facts.engine.name == "vllm-ascend",
    check=_check,
    allowable=False,
)
