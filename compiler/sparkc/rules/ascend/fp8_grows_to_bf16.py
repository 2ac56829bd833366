"""MiniMax M2 in FP8 needs twice its size on NPUs."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.ascend.fp8 import GROWS, holds_fp8, is_read
from sparkc.rules.rule import Complaint, Evidence, Rule


def _check(plan: Plan, facts: Facts) -> Iterator[Complaint]:
    size = facts.weight_bytes
    grown = f"{size / 1e9:.0f} GB of FP8 weights that take about {2 * size / 1e9:.0f} GB" if size else "FP8 weights"
    yield Complaint(("quant",), f"found {grown} once they are loaded as BF16, wanted the W8A8 checkpoint")


RULE = Rule(
    name="fp8-grows-to-bf16",
    severity=Severity.WARNING,
    failure=Failure.OOM,
    summary="the FP8 weights are loaded as BF16, which takes twice the memory",
    why="vLLM-Ascend switches FP8 off for MiniMax M2 and writes the weights out in BF16 while it loads them: `Detected "
    "fp8 MiniMax-M2 checkpoint on NPU`. The 230 GB on disk become 460 GB; eight NPUs of an Atlas A2 have 490 GiB in "
    "all. sparkc's memory plan counts what stands on disk.",
    help="take Eco-Tech/MiniMax-M2.7-w8a8-QuaRot (quant: {format: w8a8, method: ascend})",
    evidence=(
        Evidence(
            "vllm-project/vllm-ascend vllm_ascend/patch/platform/patch_minimax_m2_config.py",
            "0.21.0rc1, as in 0.18.0, 0.23.0 and 0.26.0rc1: removes the quantisation of a minimax_m2 in fp8",
        ),
        Evidence("https://github.com/vllm-project/vllm-ascend/issues/1526", "FP8 needs an A5; not on A2 and A3"),
    ),
    bad="""
model: {id: MiniMaxAI/MiniMax-M2.7, hub: huggingface, path: null, size: null}
quant: fp8
nodes: {hardware: atlas-800-a3}
engine: {image: {ref: "quay.io/ascend/vllm-ascend:v0.21.0rc1-a3"}}
parallelism: {tensor: 16, expert: 16}
""",
    good="""
nodes: {hardware: atlas-800-a3}
engine: {image: {ref: "quay.io/ascend/vllm-ascend:v0.21.0rc1-a3"}}
parallelism: {tensor: 16, expert: 16}
""",
    base="atlas",
    applies=lambda facts: (facts.model_type or "").startswith(GROWS) and holds_fp8(facts) and is_read(facts, GROWS),
    check=_check,
)
