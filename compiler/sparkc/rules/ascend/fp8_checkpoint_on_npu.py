"""An FP8 checkpoint on NPUs whose engine has no code for it."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.catalog.versions import is_within
from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.ascend.fp8 import holds_fp8, is_read
from sparkc.rules.rule import Complaint, Evidence, Rule


def _check(plan: Plan, facts: Facts) -> Iterator[Complaint]:
    if facts.model_type is not None and not is_read(facts, facts.model_type):
        yield Complaint(("quant",), f"found fp8 weights of {facts.model_type}, wanted a W8A8 or BF16 checkpoint")


RULE = Rule(
    name="fp8-checkpoint-on-npu",
    severity=Severity.ERROR,
    failure=Failure.CRASH,
    summary="vLLM-Ascend cannot read the FP8 weights of this model",
    why="The NPUs of an Atlas A2 or A3 do not compute in FP8. Up to 0.18 vLLM-Ascend refuses the checkpoint; later it "
    "takes the format's name for DeepSeek V4's, and ends while it builds the model: `AttributeError: … object has no "
    "attribute 'o_groups'`.",
    help="take the W8A8 conversion of the model (quant: {format: w8a8, method: ascend})",
    evidence=(
        Evidence(
            "vllm-project/vllm-ascend vllm_ascend/quantization/fp8_config.py, methods/fp8.py",
            "0.21.0rc1, 0.23.0 and 0.26.0rc1: every linear layer of an fp8 checkpoint gets the scheme of DeepSeek V4, "
            "which reads o_groups",
        ),
        Evidence(
            "vllm-project/vllm-ascend vllm_ascend/platform.py",
            "0.11.0, 0.13.0 and 0.18.0: fp8 is not among supported_quantization",
        ),
        Evidence("https://github.com/vllm-project/vllm-ascend/issues/14466", "0.23.0: Qwen3.8-27B-FP8 ends that way"),
        Evidence("https://github.com/vllm-project/vllm-ascend/issues/1526", "FP8 needs an A5; not on A2 and A3"),
        Evidence(
            "https://github.com/vllm-project/vllm-ascend/pull/14852",
            "after 0.26.0rc1: other generations load such weights as BF16",
            disagrees=True,
        ),
    ),
    bad="""
model: {id: Qwen/Qwen3.6-27B-FP8, hub: huggingface, path: null, size: null}
quant: fp8
parallelism: {tensor: 8, expert: 1}
serving: {tool_call_parser: null, reasoning_parser: qwen3}
""",
    good="""
model: {id: someone/Qwen3.6-27B-w8a8, family: qwen3.6-27b, hub: huggingface, path: null, size: 30 GB}
quant: w8a8
parallelism: {tensor: 8, expert: 1}
serving: {tool_call_parser: null, reasoning_parser: qwen3}
""",
    base="atlas",
    applies=lambda facts: holds_fp8(facts) and is_within(facts.engine.version, "<=0.26.0rc1"),
    check=_check,
)
