"""KV heads that neither divide by the tensor parallel size nor are divided by it."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.layout.shapes import cuts_stock_shapes, sizes
from sparkc.rules.rule import Complaint, Evidence, Rule


def _applies(facts: Facts) -> bool:
    # Latent attention has one shared latent per token and no KV heads to hand out.
    return cuts_stock_shapes(facts) and facts.shape is not None and facts.shape.attention != "mla"


def _check(_: Plan, facts: Facts) -> Iterator[Complaint]:
    assert facts.shape is not None
    heads = facts.shape.kv_heads
    if not _fits(heads, facts.tensor):
        yield Complaint(
            ("parallelism", "tensor"),
            f"{heads} KV heads neither divide by tensor {facts.tensor} nor can be copied evenly to its ranks; "
            f"wanted one of {sizes(facts, lambda size: _fits(heads, size))}",
        )


def _fits(heads: int, ranks: int) -> bool:
    return max(heads, ranks) % min(heads, ranks) == 0


RULE = Rule(
    name="tensor-parallel-splits-kv-heads-unevenly",
    severity=Severity.ERROR,
    failure=Failure.CRASH,
    summary="the model's KV heads do not fit the tensor parallel size",
    why="Each rank keeps whole KV heads: an equal share of them, or a copy of one where there are more ranks "
    "than heads. vLLM ends with a bare AssertionError while it loads, minutes after the start.",
    help="choose a size that divides the KV heads or is a multiple of them",
    evidence=(
        Evidence(
            "vllm-project/vllm vllm/model_executor/models/minimax_m2.py",
            "0.18.1: asserts that the one divides the other; the same lines stand in other models",
        ),
        Evidence(
            "https://forums.developer.nvidia.com/t/working-recipe-minimax-m3-nvfp4-at-tp-3-on-3x-dgx-spark-no-4th-node-the-oom-fixes/373387",
            "4 KV heads at tensor 3 run with a fork's virtual sharding",
            disagrees=True,
        ),
    ),
    bad="model: {shape: {kv_heads: 3}}",
    good="model: {shape: {kv_heads: 8}}",
    applies=_applies,
    check=_check,
    allowable=False,
)
