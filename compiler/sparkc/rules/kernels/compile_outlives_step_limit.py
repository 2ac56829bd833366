"""A kernel that is compiled during a request takes longer than vLLM waits for one step."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.catalog.versions import is_within
from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.resolve.proposals import Proposal
from sparkc.rules.author_variables import variable_texts
from sparkc.rules.kernels.chip import is_sm121
from sparkc.rules.rule import Complaint, Evidence, Rule

VARIABLE = "VLLM_EXECUTE_MODEL_TIMEOUT_SECONDS"
DEFAULT_S, PROVEN = 300, "1800"


def _has_a_limit(facts: Facts) -> bool:
    carried = not facts.uses_ray or is_within(facts.engine.version, ">=0.21")
    return is_sm121(facts) and facts.is_distributed and carried


def _settle(facts: Facts) -> Iterator[Proposal]:
    if facts.engine_names is None or facts.engine_names.variable(VARIABLE) is not None:
        yield Proposal(
            ("env", VARIABLE),
            PROVEN,
            f"a kernel compiled during a request took longer than the {DEFAULT_S} s of a step",
        )


def _check(_: Plan, facts: Facts) -> Iterator[Complaint]:
    for word in variable_texts(facts, VARIABLE):
        text = (word.text or "").strip()
        if text.isdecimal() and int(text) <= DEFAULT_S:
            yield Complaint(word.key, f"found {VARIABLE} {text}, wanted {PROVEN}")


RULE = Rule(
    name="compile-outlives-step-limit",
    severity=Severity.WARNING,
    failure=Failure.CRASH,
    summary="a step may take no longer than 5 minutes, and some compile for longer",
    why="A request of a shape that the warm-up did not meet lets CuTe DSL or TileLang compile while it waits. After "
    "300 s vLLM takes the worker for dead, `RPC call to sample_tokens timed out`, and the engine ends: 12 minutes of "
    "loading for a kernel that was nearly there. A peer that is really gone is noticed by the watch on peers.",
    help='set VLLM_EXECUTE_MODEL_TIMEOUT_SECONDS to "1800", or leave it out and sparkc sets it',
    evidence=(
        Evidence(
            "https://github.com/MiaAI-Lab/DeepSeek-v4-Flash-DSpark-2x-DGX-Spark/issues/65",
            "two Sparks: W4A16FusedMoeKernel compiled during a request, the engine ended at 300 s",
        ),
        Evidence(
            "https://github.com/tonyd2wild/DeepSeek-v4-Flash-Vision-Exp-DSpark-1M-NVFP4-KV-2x-DGX-Spark/pull/51",
            "1800 for the same reason",
        ),
        Evidence("NNNtrance/GLM-5.3-Flash-NVFP4-TP3-3x-DGX-Spark docs/03-launch-and-flags.md", "1800 on three Sparks"),
        Evidence(
            "vllm-project/vllm vllm/v1/executor/multiproc_executor.py",
            "0.18.1 and 0.33.0: 300 s for a step unless the variable says more; the executor for Ray takes part in it "
            "from 0.21.0 on (ray_executor_v2.py)",
        ),
    ),
    bad="""
engine: {executor: mp, ray: null}
env: {VLLM_EXECUTE_MODEL_TIMEOUT_SECONDS: "300"}
""",
    good="""
engine: {executor: mp, ray: null}
env: {VLLM_EXECUTE_MODEL_TIMEOUT_SECONDS: "1800"}
""",
    applies=_has_a_limit,
    settle=_settle,
    check=_check,
)
