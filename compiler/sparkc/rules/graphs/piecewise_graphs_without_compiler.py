"""Graphs in pieces are asked for, and nothing cuts the model into pieces."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.engine_config import place, structure
from sparkc.rules.rule import Complaint, Evidence, Rule

FLAG = "--compilation-config"
PIECEWISE = ("PIECEWISE", "FULL_AND_PIECEWISE")
COMPILES = ("VLLM_COMPILE", "3")


def _check(plan: Plan, facts: Facts) -> Iterator[Complaint]:
    config = structure(plan, FLAG)
    graphs, mode = str(config.get("cudagraph_mode", "")).upper(), config.get("mode")
    if graphs in PIECEWISE and mode is not None and str(mode).upper() not in COMPILES:
        yield Complaint(
            place(plan, facts, FLAG), f"cudagraph_mode {graphs} with mode {mode}, wanted mode VLLM_COMPILE or no mode"
        )


RULE = Rule(
    name="piecewise-graphs-without-compiler",
    severity=Severity.WARNING,
    failure=Failure.SLOW,
    summary="piecewise CUDA graphs without the compiler that makes the pieces",
    why="vLLM turns the graphs off: `Cudagraph mode PIECEWISE is not compatible with compilation mode. Overriding "
    "to NONE`, one line of a long log; the launch is slower than was meant.",
    help="remove `mode` from args.compilation-config",
    evidence=(
        Evidence(
            "vllm-project/vllm vllm/config/vllm.py",
            "0.18.1: overrides the graphs, and asserts VLLM_COMPILE further down",
        ),
    ),
    bad="args: {compilation-config: {cudagraph_mode: PIECEWISE, mode: NONE}}",
    good="args: {compilation-config: {cudagraph_mode: PIECEWISE, mode: VLLM_COMPILE}}",
    base="single",
    check=_check,
)
