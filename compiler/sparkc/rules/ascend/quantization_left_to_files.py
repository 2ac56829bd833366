"""Weights that were quantised for Ascend, and nothing on the command line that says so."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.command_line import engine_flags
from sparkc.rules.rule import Complaint, Evidence, Rule

FLAG, METHOD = "--quantization", "ascend"
FORMATS = ("w8a8", "w8a8c8", "w4a8")


def _check(plan: Plan, facts: Facts) -> Iterator[Complaint]:
    if FLAG not in engine_flags(plan):
        yield Complaint(("quant", "method"), f"found no {FLAG} for {facts.quant} weights, wanted {METHOD}")


RULE = Rule(
    name="quantization-left-to-files",
    severity=Severity.NOTE,
    failure=Failure.OOM,
    summary="quantised weights are recognised by a file that a download may lack",
    why="vLLM-Ascend looks for the description that msmodelslim writes beside the weights. Where it is missing the "
    "model `will be loaded as float`, says a line of the log at level INFO: the weights take twice the memory, or do "
    "not load.",
    help="set quant.method to ascend",
    evidence=(
        Evidence(
            "vllm-project/vllm-ascend vllm_ascend/quantization/utils.py",
            "0.18.0 and 0.21.0rc1, maybe_auto_detect_quantization: no signature found means float",
        ),
        Evidence(
            "vllm-project/vllm-ascend docs/source/tutorials/models/MiniMax-M3.md",
            "5.1 at 001c89bb: it can be detected, and saying it is recommended",
        ),
        Evidence(
            "https://docs.vllm.ai/projects/ascend/en/v0.23.0/tutorials/models/MiniMax-M2.html",
            "5.1: --quantization ascend on A3 and A2",
        ),
    ),
    bad="quant: {method: null}",
    good="quant: {method: ascend}",
    base="atlas",
    applies=lambda facts: facts.engine.name == "vllm-ascend" and facts.quant in FORMATS,
    check=_check,
)
