"""Fused MC2 with a value, or for a model, that this release of vLLM-Ascend does not take."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.catalog.versions import is_within
from sparkc.findings import Failure, KeyPath, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.author_variables import variable_texts
from sparkc.rules.engine_config import place, structure
from sparkc.rules.rule import Complaint, Evidence, Rule

FLAG, KEY, VARIABLE = "--additional-config", "enable_fused_mc2", "VLLM_ASCEND_ENABLE_FUSED_MC2"


def _check(plan: Plan, facts: Facts) -> Iterator[Complaint]:
    for key, name, value in _said(plan, facts):
        if value not in (0, 1):
            yield Complaint(key, f"{name} is {value}, wanted 0 or 1")
        elif value == 1 and _refuses_m3(facts):
            yield Complaint(key, f"{name} is 1 for {facts.model_class}, wanted 0")


def _said(plan: Plan, facts: Facts) -> Iterator[tuple[KeyPath, str, int]]:
    within = structure(plan, FLAG).get(KEY)
    if isinstance(within, int):
        yield place(plan, facts, FLAG), KEY, within
        return  # The key wins over the variable.
    for word in variable_texts(facts, VARIABLE):
        if word.text is not None and word.text.lstrip("-").isdecimal():
            yield word.key, VARIABLE, int(word.text)


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
