"""A first start compiles for longer than vLLM waits for its own engine."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.resolve.proposals import Proposal
from sparkc.resolve.startup import FIRST_START_S
from sparkc.rules.author_variables import variable_texts
from sparkc.rules.kernels.chip import is_sm121
from sparkc.rules.rule import Complaint, Evidence, Rule

VARIABLE = "VLLM_ENGINE_READY_TIMEOUT_S"
PROVEN = "3600"


def _settle(facts: Facts) -> Iterator[Proposal]:
    if facts.engine_names is None or facts.engine_names.variable(VARIABLE) is not None:
        yield Proposal(("env", VARIABLE), PROVEN, "a first start compiles for up to 25 minutes; vLLM gives up after 10")


def _check(_: Plan, facts: Facts) -> Iterator[Complaint]:
    for word in variable_texts(facts, VARIABLE):
        text = (word.text or "").strip()
        if text.isdecimal() and int(text) < FIRST_START_S:
            yield Complaint(
                word.key, f"found {VARIABLE} {text}, wanted {PROVEN}: a first start is given {FIRST_START_S} s here"
            )


RULE = Rule(
    name="first-start-outlives-engine-limit",
    severity=Severity.WARNING,
    failure=Failure.CRASH,
    summary="vLLM gives its engine less time than a first start takes",
    why="With empty caches FlashInfer and Triton compile for many minutes. The API's side of vLLM waits 600 s for the "
    "engine and ends: `Timed out waiting for engine core processes to start`, or `Engine core initialization failed` "
    "without a cause. The second start succeeds, because the caches are filled by then.",
    help='set VLLM_ENGINE_READY_TIMEOUT_S to "3600", or leave it out and sparkc sets it',
    evidence=(
        Evidence(
            "https://github.com/vllm-project/vllm/issues/48031",
            "GB10, vLLM 0.24.0: every start with an empty cache ends after 599 s, the next one succeeds",
        ),
        Evidence(
            "vllm-project/vllm vllm/v1/engine/core_client.py", "0.16.0 to 0.33.0: 600 s unless the variable says more"
        ),
        Evidence("NNNtrance/GLM-5.3-Flash-NVFP4-TP3-3x-DGX-Spark docs/03-launch-and-flags.md", "3600 on three Sparks"),
        Evidence(
            "https://al-engr.com/minimax-m2.7-dual-spark.html",
            "first starts of about 25 minutes over Ray came up without it (vLLM 0.18.1rc1)",
            disagrees=True,
        ),
    ),
    bad='env: {VLLM_ENGINE_READY_TIMEOUT_S: "600"}',
    good='env: {VLLM_ENGINE_READY_TIMEOUT_S: "3600"}',
    applies=is_sm121,
    settle=_settle,
    check=_check,
)
