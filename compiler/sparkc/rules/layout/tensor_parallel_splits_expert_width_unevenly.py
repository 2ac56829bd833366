"""Experts whose width does not divide by the ranks that share them."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.layout.shapes import cuts_stock_shapes, sizes
from sparkc.rules.rule import Complaint, Evidence, Rule


def _applies(facts: Facts) -> bool:
    # With expert parallelism a rank holds whole experts, and their width is not cut.
    return cuts_stock_shapes(facts) and facts.expert == 1


def _check(_: Plan, facts: Facts) -> Iterator[Complaint]:
    assert facts.shape is not None
    width = facts.shape.expert_intermediate_size
    if width and width % facts.tensor:
        yield Complaint(
            ("parallelism", "tensor"),
            f"experts {width} wide do not divide by tensor {facts.tensor}; "
            f"wanted one of {sizes(facts, lambda size: width % size == 0)}, or expert parallelism",
        )


RULE = Rule(
    name="tensor-parallel-splits-expert-width-unevenly",
    severity=Severity.ERROR,
    failure=Failure.CRASH,
    summary="the width of the model's experts does not divide by the tensor parallel size",
    why="Without expert parallelism every rank holds a slice of every expert. vLLM ends with a bare "
    "AssertionError while it loads.",
    help="choose a size that divides the width, or set parallelism.expert to tensor x data",
    evidence=(
        Evidence(
            "vllm-project/vllm vllm/model_executor/layers/fused_moe/layer.py",
            "0.18.1: asserts that the slices are equal",
        ),
    ),
    bad="model: {shape: {expert_intermediate_size: 1537}}",
    good="model: {shape: {expert_intermediate_size: 1536}}",
    applies=_applies,
    check=_check,
    allowable=False,
)
