"""Xlite graphs are on beside something that they cannot run."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.engine_config import place, structure
from sparkc.rules.rule import Complaint, Evidence, Rule

FLAG = "--additional-config"


def _check(plan: Plan, facts: Facts) -> Iterator[Complaint]:
    config = structure(plan, FLAG).get("xlite_graph_config")
    if not isinstance(config, dict) or not config.get("enabled"):
        return
    if facts.serving.speculative is not None:
        yield Complaint(place(plan, facts, FLAG), "xlite_graph_config with serving.speculative, wanted one of the two")
    if facts.pipeline > 1:
        yield Complaint(place(plan, facts, FLAG), f"xlite_graph_config with pipeline {facts.pipeline}, wanted 1")


RULE = Rule(
    name="xlite-with-drafts-or-stages",
    severity=Severity.ERROR,
    failure=Failure.CRASH,
    summary="Xlite graphs with speculative decoding or pipeline parallelism",
    why="vLLM-Ascend ends while it builds its configuration: `Xlite graph mode is not compatible with speculative "
    "decoding`, or `... with pipeline parallelism`.",
    help="remove xlite_graph_config from args.additional-config",
    evidence=(
        Evidence(
            "vllm-project/vllm-ascend vllm_ascend/ascend_config.py",
            "0.21.0rc1: both raise a RuntimeError",
        ),
    ),
    bad="""
parallelism: {tensor: 1, pipeline: 2}
args: {additional-config: {xlite_graph_config: {enabled: true}}}
""",
    good="""
parallelism: {tensor: 1, pipeline: 2}
args: {additional-config: {xlite_graph_config: {enabled: false}}}
""",
    base="atlas",
    applies=lambda facts: facts.engine.name == "vllm-ascend",
    check=_check,
    allowable=False,
)
