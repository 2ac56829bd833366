"""A combination that fails for everyone who tried it."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.known_bad.combinations import complaints
from sparkc.rules.rule import Complaint, Evidence, Rule


def check(plan: Plan, facts: Facts) -> Iterator[Complaint]:
    """Report certain entries of the catalog."""
    yield from complaints(facts, certain=True)


RULE = Rule(
    name="known-bad-combination",
    severity=Severity.ERROR,
    failure=Failure.CRASH,
    summary="nobody has a working launch of this combination",
    why="Model family, quantisation, engine, executor, layout and NCCL together match an entry of the catalog of known "
    "failures (compiler/sparkc/catalog/known_bad). The message says what happens, and who published it.",
    help="take the way out that the message names",
    evidence=(
        Evidence(
            "https://github.com/Avarok-Cybersecurity/dgx-vllm",
            "guide to MiniMax-M2.5-NVFP4, Optimization History: pipeline parallelism and every graph mode over Ray on "
            "two Sparks crashed or hung",
        ),
        Evidence(
            "https://al-engr.com/minimax-sglang-debug.html",
            "MiniMax M2.7 FP8 with SGLang 0.5.12 on two Sparks: no working launch",
        ),
        Evidence(
            "vroomfondel/dgxarley TESTLOGS/sglang_nn4_tp4_ep1/minimax-m2.7-nvfp4",
            "the same model in NVFP4 works with SGLang 0.5.12.post1 on four Sparks; so an entry names the quantisation "
            "and the number of nodes, and nothing wider",
            disagrees=True,
        ),
        Evidence(
            "https://github.com/vllm-project/vllm/issues/52504",
            "graphs that hung on two Sparks work with NCCL 2.30.4; so an entry names the NCCL, where that decides",
            disagrees=True,
        ),
    ),
    check=check,
    bad="parallelism: {tensor: 1, pipeline: 2}",
    good="parallelism: {tensor: 2, pipeline: 1}",
)
