"""A combination that failed for one who published it."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.known_bad.combinations import complaints
from sparkc.rules.rule import Complaint, Evidence, Rule


def check(plan: Plan, facts: Facts) -> Iterator[Complaint]:
    """Report entries of the catalog that stand on a single report, or that others contradict."""
    yield from complaints(facts, certain=False)


RULE = Rule(
    name="reported-bad-combination",
    severity=Severity.WARNING,
    failure=Failure.HANG,
    summary="somebody published that this combination fails",
    why="The launch matches an entry of the catalog of known failures (compiler/sparkc/catalog/known_bad) that rests "
    "on one setup, or that another setup contradicts. The message says what happened, and who published it.",
    help="take the way out that the message names, or try it and tell",
    evidence=(
        Evidence(
            "eugr/spark-vllm-docker recipes/minimax-m2.7-nvfp4.yaml",
            "leaves fastsafetensors out for MiniMax M2.7 NVFP4",
        ),
        Evidence("https://github.com/eugr/spark-vllm-docker/issues/29", "a load on two nodes that stood still at 0 %"),
        Evidence(
            "https://al-engr.com/minimax-m2.7-dual-spark.html",
            "gotcha 4: fastsafetensors reads the MXFP4 checkpoint of the same model on two Sparks",
            disagrees=True,
        ),
        Evidence(
            "https://github.com/Avarok-Cybersecurity/dgx-vllm",
            "guide to MiniMax-M2.5-NVFP4: expert parallelism, which the recipe for M2.7 forbids, is the fastest there; "
            "each entry lists who is against it",
            disagrees=True,
        ),
    ),
    check=check,
    bad="serving: {load_format: fastsafetensors}",
    good="serving: {load_format: safetensors}",
)
