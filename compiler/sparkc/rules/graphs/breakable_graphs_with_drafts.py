"""Breakable graphs reject every drafted token."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.author_variables import variable_texts
from sparkc.rules.rule import Complaint, Evidence, Rule

VARIABLE = "VLLM_USE_BREAKABLE_CUDAGRAPH"
NO = ("", "0", "false")
HARMLESS_MODES = ("off", "none")


def check(plan: Plan, facts: Facts) -> Iterator[Complaint]:
    """Report breakable graphs beside speculative decoding, where graphs are captured at all."""
    if facts.graph_mode in HARMLESS_MODES:
        return
    for word in variable_texts(facts, VARIABLE):
        if (word.text or "").lower() not in NO:
            yield Complaint(
                word.key,
                f"found {VARIABLE} {word.text} with serving.speculative, wanted 0: no drafted token is accepted",
                also=((("serving", "speculative"), "drafts are asked for here"),),
            )


RULE = Rule(
    name="breakable-graphs-with-drafts",
    severity=Severity.WARNING,
    failure=Failure.SILENT,
    summary="every drafted token is rejected, and speed is lost without a word",
    why="With breakable graphs, piecewise capture and drafts together the accepted length stays at 1.00: the launch "
    "pays for the drafts and gains nothing.",
    help="remove VLLM_USE_BREAKABLE_CUDAGRAPH",
    evidence=(
        Evidence("https://github.com/vllm-project/vllm/issues/53030", "an accepted length of 1.00 with both"),
        Evidence(
            "NNNtrance/GLM-5.3-Flash-NVFP4-TP3-3x-DGX-Spark docs/03-launch-and-flags.md", "the same on three Sparks"
        ),
    ),
    applies=lambda facts: facts.serving.speculative is not None and facts.engine.name == "vllm",
    check=check,
    bad='{serving: {speculative: {method: mtp, num_speculative_tokens: 2}}, env: {VLLM_USE_BREAKABLE_CUDAGRAPH: "1"}}',
    good="{serving: {speculative: {method: mtp, num_speculative_tokens: 2}}}",
    base="single",
)
