"""One setting, said by a flag and again inside a JSON value."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.rule import Complaint, Evidence, Rule
from sparkc.rules.spec.said_twice import said_twice

EXCLUSIVE = (
    "AttentionConfig.backend",
    "CompilationConfig.cudagraph_capture_sizes",
    "CompilationConfig.max_cudagraph_capture_size",
    "KernelConfig.enable_flashinfer_autotune",
)


def _check(plan: Plan, facts: Facts) -> Iterator[Complaint]:
    for twice in said_twice(plan, facts):
        if twice.sets in EXCLUSIVE:
            yield Complaint(
                twice.place,
                f"found {twice.flag} and `{twice.key}` in {twice.json_flag}, wanted one of them",
                also=((twice.json_place, "said here too"),),
            )


RULE = Rule(
    name="flag-and-json-exclude-each-other",
    severity=Severity.ERROR,
    failure=Failure.CRASH,
    summary="a flag and a key inside a JSON value say the same, and the engine takes only one of them",
    why="vLLM refuses while it builds its configuration: `attention_backend and attention_config.backend are "
    "mutually exclusive`, and the same of CUDA graph sizes and FlashInfer autotuning.",
    help="say it once",
    evidence=(
        Evidence(
            "vllm-project/vllm vllm/engine/arg_utils.py",
            "0.18.1 and 0.33.0: four pairs raise",
        ),
    ),
    bad="args: {attention-backend: FLASHINFER, attention-config: {backend: FLASHINFER}}",
    good="args: {attention-config: {backend: FLASHINFER}}",
    base="single",
    check=_check,
    allowable=False,
)
