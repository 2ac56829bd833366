"""A slice of an expert is no multiple of the block that FP8 scales belong to."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.layout.shapes import cuts_stock_shapes, sizes
from sparkc.rules.rule import Complaint, Evidence, Rule

BLOCK = 128


def _check(_: Plan, facts: Facts) -> Iterator[Complaint]:
    assert facts.shape is not None
    width = facts.shape.expert_intermediate_size
    if width and width % facts.tensor == 0 and (width // facts.tensor) % BLOCK:
        yield Complaint(
            ("parallelism", "tensor"),
            f"experts {width} wide over tensor {facts.tensor} are {width // facts.tensor} wide on a rank; wanted a "
            f"multiple of {BLOCK}: {sizes(facts, lambda size: width % (size * BLOCK) == 0)}, or expert parallelism",
        )


RULE = Rule(
    name="fp8-blocks-split-unevenly",
    severity=Severity.WARNING,
    failure=Failure.CRASH,
    summary="the slices of experts do not fall on FP8 blocks",
    why="FP8 checkpoints with block scales have one scale for 128 x 128 weights, and vLLM refuses slices that cut "
    "a block, while it loads: `is not divisible by weight quantization block_n = 128`.",
    help="choose a size that keeps blocks whole, or set parallelism.expert to tensor x data",
    evidence=(
        Evidence(
            "vllm-project/vllm vllm/model_executor/layers/quantization/fp8.py",
            "0.18.1: the width on a rank must be a multiple of the block",
        ),
        Evidence(
            "https://github.com/vllm-project/vllm/pull/48173",
            "MiniMax-M2.7 with blocks of 128 x 128: 1536 over 8 ranks is 192, and every worker ends; 4 ranks work",
        ),
        Evidence(
            "kvcache-ai/ktransformers issue 2036",
            "the same error in SGLang, MiniMax-M2.7 over 8 ranks without expert parallelism",
        ),
    ),
    bad="""
quant: fp8
model: {shape: {expert_intermediate_size: 1600}}
""",
    good="""
quant: fp8
model: {shape: {expert_intermediate_size: 1536}}
""",
    applies=lambda facts: facts.quant == "fp8" and facts.expert == 1 and cuts_stock_shapes(facts),
    check=_check,
)
