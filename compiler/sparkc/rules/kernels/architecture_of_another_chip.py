"""Kernels are to be compiled for a chip that this machine does not have."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.author_variables import variable_texts
from sparkc.rules.kernels.chip import is_sm121
from sparkc.rules.rule import Complaint, Evidence, Rule

WANTED = {"TORCH_CUDA_ARCH_LIST": "12.1a", "FLASHINFER_CUDA_ARCH_LIST": "12.1a", "CUTE_DSL_ARCH": "sm_121a"}
MAJOR = "12"
"""Code for 12.0 runs on 12.1 as well; no other generation's does."""


def _check(_: Plan, facts: Facts) -> Iterator[Complaint]:
    for name, wanted in WANTED.items():
        for word in variable_texts(facts, name):
            majors = set(_majors(word.text or ""))
            if majors and MAJOR not in majors:
                yield Complaint(word.key, f"found {name} {word.text} on compute capability 12.1, wanted {wanted}")


def _majors(text: str) -> Iterator[str]:
    """Yield the major numbers of `9.0 12.1a` and of `sm_121a`; names like `Hopper` say none."""
    yield from re.findall(r"\b(\d+)\.\d", text)
    for digits in re.findall(r"\bsm_(\d{2,3})", text):
        yield digits[:-1]


RULE = Rule(
    name="architecture-of-another-chip",
    severity=Severity.WARNING,
    failure=Failure.CRASH,
    summary="kernels are compiled for another chip",
    why="What is compiled at the first start is compiled for what these variables name. For another chip minutes of "
    "compiling end in `no kernel image is available for execution on the device`, or in a build that is thrown away.",
    help="remove the variable, or name 12.1a (sm_121a for CUTE_DSL_ARCH)",
    evidence=(
        Evidence("https://github.com/tonyd2wild/Minimax-M3-NVFP-3x-DGX-Sparks-TP-3", "m3vllm.sh: 12.1a and sm_121a"),
        Evidence("NNNtrance/GLM-5.3-Flash-NVFP4-TP3-3x-DGX-Spark docs/03-launch-and-flags.md", "12.1a and sm_121a"),
        Evidence(
            "flashinfer-ai/flashinfer flashinfer/compilation_context.py",
            "0.7.2: compiles for FLASHINFER_CUDA_ARCH_LIST when it is set, else for the chips that torch sees",
        ),
    ),
    bad="env: {FLASHINFER_CUDA_ARCH_LIST: 9.0a}",
    good="env: {FLASHINFER_CUDA_ARCH_LIST: 12.1a}",
    base="single",
    applies=is_sm121,
    check=_check,
)
