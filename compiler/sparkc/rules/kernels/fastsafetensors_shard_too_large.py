"""fastsafetensors holds what it reads a second time while it loads."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import Failure, Severity
from sparkc.plan import Node, Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.command_line import engine_flags, place_of
from sparkc.rules.rule import Complaint, Evidence, Rule
from sparkc.spec.sizes import in_gib

FLAG = "--load-format"
LOADER = "fastsafetensors"
LARGEST_SHARE = 0.8


def check(plan: Plan, facts: Facts) -> Iterator[Complaint]:
    """Report nodes whose part of the weights is above 0.8 of their memory."""
    setting = engine_flags(plan).get(FLAG)
    if setting is None or setting.value != LOADER:
        return
    for node in plan.nodes:
        weights, limit = _weights_of(node), round(node.memory.total * LARGEST_SHARE)
        if weights > limit:
            yield Complaint(
                place_of(facts, setting),
                f"found {in_gib(weights)} of weights on {node.name}, wanted at most {LARGEST_SHARE:g} of "
                f"{in_gib(node.memory.total)}, {in_gib(limit)}, with {LOADER}",
            )
            return


def _weights_of(node: Node) -> int:
    return next((term.bytes for term in node.memory.terms if term.name == "weights"), 0)


RULE = Rule(
    name="fastsafetensors-shard-too-large",
    severity=Severity.WARNING,
    failure=Failure.OOM,
    summary="the loader needs more memory than the weights themselves, and there is none",
    why="fastsafetensors reads files into buffers before it copies tensors out of them. When a node's part is above "
    "0.8 of the memory, buffers and weights do not fit together.",
    help="set serving.load_format to safetensors",
    evidence=(
        Evidence("eugr/spark-vllm-docker README.md", "not above 0.8 of the memory, KV cache not counted"),
        Evidence("https://github.com/vllm-project/vllm/issues/29403", "memory doubles while fastsafetensors loads"),
        Evidence(
            "https://github.com/vllm-project/vllm/pull/34070", "GPUDirect Storage is left out in distributed runs"
        ),
        Evidence(
            "https://al-engr.com/minimax-m2.7-dual-spark.html",
            "gotcha 4: the faster loader for 115 GB over two Sparks, about half of each node's memory",
            disagrees=True,
        ),
    ),
    applies=lambda facts: facts.is_unified and facts.engine.name == "vllm",
    check=check,
    bad="""
model: {id: olka-fi/MiniMax-M2.7-MXFP4, size: 220 GB}
quant: mxfp4
serving: {load_format: fastsafetensors}
""",
    good="""
model: {id: olka-fi/MiniMax-M2.7-MXFP4, size: 220 GB}
quant: mxfp4
serving: {load_format: safetensors}
""",
)
