"""Ray folds the same line of several workers into one, so that a missing rank cannot be seen."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.resolve.proposals import Proposal
from sparkc.rules.author_variables import variable_texts
from sparkc.rules.rule import Complaint, Evidence, Rule

VARIABLE = "RAY_DEDUP_LOGS"
OFF = "0"


def _settle(facts: Facts) -> Iterator[Proposal]:
    yield Proposal(("env", VARIABLE), OFF, f"every line of all {facts.world_size} ranks is shown, not one for all")


def _check(_: Plan, facts: Facts) -> Iterator[Complaint]:
    for word in variable_texts(facts, VARIABLE):
        if word.text != OFF:
            yield Complaint(word.key, f"found {VARIABLE} {word.text}, wanted {OFF}: lines of ranks are held back")


RULE = Rule(
    name="worker-lines-folded",
    severity=Severity.NOTE,
    failure=Failure.SILENT,
    summary="lines that several ranks write are shown once",
    why="Ray holds a line back that it has seen from another worker, and later adds `[repeated 2x across cluster]`. At "
    "a start that hangs, what matters is which rank did not write it.",
    help='set RAY_DEDUP_LOGS to "0", or leave it out and sparkc sets it',
    evidence=(
        Evidence(
            "https://docs.ray.io/en/latest/ray-observability/user-guides/configure-logging.html",
            "Log deduplication: on by default, off with RAY_DEDUP_LOGS=0",
        ),
        Evidence("https://al-engr.com/minimax-m2.7-dual-spark.html", "off on two Sparks"),
        Evidence("https://github.com/tonyd2wild/Minimax-M3-NVFP-3x-DGX-Sparks-TP-3", "off on three Sparks"),
    ),
    bad='env: {RAY_DEDUP_LOGS: "1"}',
    good='env: {RAY_DEDUP_LOGS: "0"}',
    applies=lambda facts: facts.uses_ray and facts.is_distributed,
    settle=_settle,
    check=_check,
)
