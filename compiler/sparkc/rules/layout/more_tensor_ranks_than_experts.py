"""More tensor parallel ranks than the model has experts."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.layout.shapes import cuts_stock_shapes
from sparkc.rules.rule import Complaint, Evidence, Rule


def _check(_: Plan, facts: Facts) -> Iterator[Complaint]:
    assert facts.shape is not None
    experts = facts.shape.experts
    if experts and facts.tensor > experts:
        yield Complaint(
            ("parallelism", "tensor"),
            f"tensor is {facts.tensor}, and the model has {experts} experts; wanted at most {experts}",
        )


RULE = Rule(
    name="more-tensor-ranks-than-experts",
    severity=Severity.ERROR,
    failure=Failure.CRASH,
    summary="the tensor parallel size is larger than the number of experts",
    why="vLLM's mixture-of-experts models refuse it while they load: `Tensor parallel size is greater than the "
    "number of experts`.",
    help="lower parallelism.tensor",
    evidence=(
        Evidence(
            "vllm-project/vllm vllm/model_executor/models/minimax_m2.py", "0.18.1: raises while the layers are built"
        ),
    ),
    bad="model: {shape: {experts: 1}}",
    good="model: {shape: {experts: 256}}",
    applies=cuts_stock_shapes,
    check=_check,
    allowable=False,
)
