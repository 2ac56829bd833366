"""Fused MC2 with a value, or for a model, that this release of vLLM-Ascend does not take."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.catalog.versions import is_within
from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.ascend.switches import fused_mc2
from sparkc.rules.rule import Complaint, Evidence, Rule


def _check(plan: Plan, facts: Facts) -> Iterator[Complaint]:
    for key, name, value in fused_mc2(plan, facts):
        if value not in (0, 1):
            yield Complaint(key, f"{name} is {value}, wanted 0 or 1")
        elif value == 1 and _refuses_m3(facts):
            yield Complaint(key, f"{name} is 1 for {facts.model_class}, wanted 0")


def _refuses_m3(facts: Facts) -> bool:
    # The branch of 0.25.1rc1 did not get this check.
    asks = is_within(facts.engine.version, ">=0.24.0rc1,!=0.25.1rc1")
    return asks and (facts.model_class or "").startswith("MiniMaxM3")


RULE = Rule(
    name="fused-mc2-refused",
    severity=Severity.ERROR,
    failure=Failure.CRASH,
    summary="fused MC2 is set to what this release does not take",
    why="vLLM-Ascend ends with an AssertionError while it builds its configuration: `enable_fused_mc2 must be 0 or 1`, "
    "or `MiniMax M3 does not support enable_fused_mc2=1`. Until 0.23.0 the value 2 was another kernel.",
    help="set enable_fused_mc2 to 1 or 0; for MiniMax M3 leave it out",
    evidence=(
        Evidence(
            "vllm-project/vllm-ascend vllm_ascend/ascend_config.py",
            "0.24.0rc1, 0.25.1rc1 and 0.26.0rc1: asserts 0 or 1; 0.24.0rc1 and 0.26.0rc1: refuses it for MiniMax M3; "
            "0.21.0rc1 and 0.23.0: no such check",
        ),
    ),
    bad="""
engine:
  name: vllm-ascend
  version: 0.25.1rc1
  executor: mp
  ray: null
  image: {ref: "quay.io/ascend/vllm-ascend:v0.25.1rc1", id: null}
nodes: {hardware: atlas-800i-a2}
quant: w8a8
args: {additional-config: {enable_fused_mc2: 2}}
""",
    good="""
engine:
  name: vllm-ascend
  version: 0.25.1rc1
  executor: mp
  ray: null
  image: {ref: "quay.io/ascend/vllm-ascend:v0.25.1rc1", id: null}
nodes: {hardware: atlas-800i-a2}
quant: w8a8
args: {additional-config: {enable_fused_mc2: 1}}
""",
    applies=lambda facts: facts.engine.name == "vllm-ascend" and is_within(facts.engine.version, ">=0.24.0rc1"),
    check=_check,
    allowable=False,
)
