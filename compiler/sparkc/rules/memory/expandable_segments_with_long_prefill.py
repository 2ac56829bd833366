"""An allocator setting under which long prompts have reset whole machines."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.author_variables import variable_texts
from sparkc.rules.rule import Complaint, Evidence, Rule

VARIABLES = ("PYTORCH_CUDA_ALLOC_CONF", "PYTORCH_ALLOC_CONF")
ON = "expandable_segments:true"
LONG = 128_000
"""Tokens; the prompt that reset a machine had 128K of them."""


def check(plan: Plan, facts: Facts) -> Iterator[Complaint]:
    """Report expandable segments where prompts may be that long."""
    longest = facts.serving.max_model_len or facts.longest_context
    if longest is None or longest < LONG:
        return
    for variable in VARIABLES:
        for word in variable_texts(facts, variable):
            if ON in (word.text or "").lower().replace(" ", ""):
                yield Complaint(
                    word.key,
                    f"found {variable} {word.text} with a context of {longest:,} tokens, wanted "
                    f"expandable_segments:False or nothing from {LONG:,} tokens on: a long prefill reset the machine",
                )


RULE = Rule(
    name="expandable-segments-with-long-prefill",
    severity=Severity.NOTE,
    failure=Failure.CRASH,
    summary="long prompts have reset machines under this allocator setting",
    why="Expandable segments map and unmap memory while the engine runs. Two machines logged NV_ERR_NO_MEMORY and were "
    "reset during a prefill of 128K tokens; without them, and without FlashInfer's autotuning, the same launch was "
    "quiet. Others found the opposite, so this is a hint for when it happens to you.",
    help="remove the variable, or set expandable_segments:False",
    evidence=(
        Evidence(
            "https://github.com/NVIDIA/dgx-spark-playbooks/issues/97",
            "two Sparks: resets at a prefill of 128K; False and no FlashInfer autotuning ended the driver's errors",
        ),
        Evidence("mpfaffenberger/MiniMax-M3-NVFP4-DSpark-vLLM-4x-DGX-Spark README.md", "the recipe runs with False"),
        Evidence(
            "https://github.com/vllm-project/vllm/issues/55569",
            "another model: True is one of the two things that let a prefill of 230K tokens through",
            disagrees=True,
        ),
        Evidence(
            "https://github.com/Avarok-Cybersecurity/dgx-vllm",
            "guide to MiniMax-M2.5-NVFP4: True, with a context of 4,096",
            disagrees=True,
        ),
        Evidence(
            "NNNtrance/GLM-5.3-Flash-NVFP4-TP3-3x-DGX-Spark docs/03-launch-and-flags.md",
            "True on three Sparks",
            disagrees=True,
        ),
    ),
    applies=lambda facts: facts.is_unified,
    check=check,
    bad="env: {PYTORCH_CUDA_ALLOC_CONF: 'expandable_segments:True'}",
    good="env: {PYTORCH_CUDA_ALLOC_CONF: 'expandable_segments:False'}",
)
