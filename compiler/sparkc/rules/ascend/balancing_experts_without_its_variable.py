"""Experts are to be balanced while serving, and the variable beside it is missing."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.author_variables import text_on
from sparkc.rules.engine_config import place, structure
from sparkc.rules.rule import Complaint, Evidence, Rule

FLAG = "--additional-config"
VARIABLES = ("DYNAMIC_EPLB", "EXPERT_MAP_RECORD")


def _check(plan: Plan, facts: Facts) -> Iterator[Complaint]:
    config = structure(plan, FLAG).get("eplb_config")
    if not isinstance(config, dict) or not config.get("dynamic_eplb"):
        return
    for host in facts.hosts:
        said = {name: (text_on(host, name) or "").lower() for name in VARIABLES}
        if said["DYNAMIC_EPLB"] not in ("true", "1") and said["EXPERT_MAP_RECORD"] != "true":
            yield Complaint(place(plan, facts, FLAG), f"dynamic_eplb without DYNAMIC_EPLB on {host.name}, wanted true")


RULE = Rule(
    name="balancing-experts-without-its-variable",
    severity=Severity.ERROR,
    failure=Failure.CRASH,
    summary="dynamic_eplb is on without DYNAMIC_EPLB",
    why="vLLM-Ascend ends with an AssertionError: `The environment variable DYNAMIC_EPLB or EXPERT_MAP_RECORD of "
    "the EPLB must be set to true`.",
    help='set env.DYNAMIC_EPLB to "true"',
    evidence=(
        Evidence(
            "vllm-project/vllm-ascend vllm_ascend/ascend_config.py",
            "0.21.0rc1: asserts one of the two variables",
        ),
    ),
    bad="args: {additional-config: {eplb_config: {dynamic_eplb: true}}}",
    good="""
args: {additional-config: {eplb_config: {dynamic_eplb: true}}}
env: {DYNAMIC_EPLB: "true"}
""",
    base="atlas",
    applies=lambda facts: facts.engine.name == "vllm-ascend",
    check=_check,
    allowable=False,
)
