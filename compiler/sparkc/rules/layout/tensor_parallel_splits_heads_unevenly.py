"""Attention heads that do not divide by the tensor parallel size."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.layout.shapes import cuts_stock_shapes, sizes
from sparkc.rules.rule import Complaint, Evidence, Rule


def _check(_: Plan, facts: Facts) -> Iterator[Complaint]:
    assert facts.shape is not None
    heads = facts.shape.attention_heads
    if heads % facts.tensor:
        yield Complaint(
            ("parallelism", "tensor"),
            f"{heads} attention heads do not divide by tensor {facts.tensor}; "
            f"wanted one of {sizes(facts, lambda size: heads % size == 0)}",
        )


RULE = Rule(
    name="tensor-parallel-splits-heads-unevenly",
    severity=Severity.ERROR,
    failure=Failure.CRASH,
    summary="the model's attention heads do not divide by the tensor parallel size",
    why="Each rank computes whole heads. vLLM refuses: `Total number of attention heads must be divisible by "
    "tensor parallel size`. A fork with virtual sharding pads them.",
    help="choose a size that divides the heads; a padding fork is declared with engine.fork.provides: "
    "[virtual-sharding]",
    evidence=(
        Evidence(
            "vllm-project/vllm vllm/config/model.py",
            "0.18.1: refuses the combination while it builds its configuration",
        ),
        Evidence(
            "https://forums.developer.nvidia.com/t/working-recipe-minimax-m3-nvfp4-at-tp-3-on-3x-dgx-spark-no-4th-node-the-oom-fixes/373387",
            "64 heads at tensor 3 run with a fork's virtual sharding",
            disagrees=True,
        ),
        Evidence("eugr/spark-vllm-docker README.md", "no common model divides by three"),
    ),
    bad="""
model: {shape: {attention_heads: 45, kv_heads: 8}}
""",
    good="""
model: {shape: {attention_heads: 48, kv_heads: 8}}
""",
    applies=cuts_stock_shapes,
    check=_check,
    allowable=False,
)
