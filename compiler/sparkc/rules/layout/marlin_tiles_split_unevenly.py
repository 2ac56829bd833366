"""A slice of a layer is narrower than the tile that Marlin works on."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.layout.shapes import cuts_stock_shapes, sizes
from sparkc.rules.rule import Complaint, Evidence, Rule

TILE = 128


def _check(_: Plan, facts: Facts) -> Iterator[Complaint]:
    assert facts.shape is not None
    width = facts.shape.expert_intermediate_size or facts.shape.intermediate_size
    if width and width % facts.tensor == 0 and (width // facts.tensor) % TILE:
        yield Complaint(
            ("parallelism", "tensor"),
            f"{width} over tensor {facts.tensor} is {width // facts.tensor} on a rank; wanted a multiple of {TILE}: "
            f"{sizes(facts, lambda size: width % (size * TILE) == 0)}",
        )


RULE = Rule(
    name="marlin-tiles-split-unevenly",
    severity=Severity.WARNING,
    failure=Failure.CRASH,
    summary="a slice of the feed-forward layers is no multiple of the tile of Marlin",
    why="AWQ and GPTQ weights run on Marlin, which takes 64 outputs and 128 inputs at a time. vLLM ends while it "
    "loads: `Weight input_size_per_partition is not divisible by min_thread_k = 128`.",
    help="choose a size that keeps tiles whole, or set parallelism.expert to tensor x data",
    evidence=(
        Evidence(
            "vllm-project/vllm vllm/model_executor/layers/quantization/utils/marlin_utils.py",
            "0.18.1: 64 for the outputs and 128 for the inputs of a rank",
        ),
    ),
    bad="""
quant: awq
model: {shape: {expert_intermediate_size: 1600}}
""",
    good="""
quant: awq
model: {shape: {expert_intermediate_size: 1536}}
""",
    applies=lambda facts: facts.quant in ("awq", "gptq") and facts.expert == 1 and cuts_stock_shapes(facts),
    check=_check,
)
