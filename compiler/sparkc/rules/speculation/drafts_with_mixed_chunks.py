"""Drafts and mixed chunks, which SGLang does not combine."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.engine_config import is_on, place
from sparkc.rules.rule import Complaint, Evidence, Rule

FLAG = "--enable-mixed-chunk"


def _check(plan: Plan, facts: Facts) -> Iterator[Complaint]:
    if is_on(plan, FLAG) and facts.serving.speculative is not None:
        yield Complaint(
            place(plan, facts, FLAG),
            f"found {FLAG} with drafts, wanted one of the two",
            also=((("serving", "speculative"), "drafts are asked for here"),),
        )


RULE = Rule(
    name="drafts-with-mixed-chunks",
    severity=Severity.WARNING,
    failure=Failure.SILENT,
    summary="mixed chunks are asked for beside drafts",
    why="SGLang refuses with `enable_mixed_chunk is required for speculative decoding` (its message says the "
    "opposite of what it checks), or drops mixed chunks with a warning where the algorithm's own handling "
    "comes first.",
    help="remove enable-mixed-chunk",
    evidence=(
        Evidence(
            "sgl-project/sglang python/sglang/srt/server_args.py",
            "0.5.12: switched off for EAGLE and NGRAM (_handle_speculative_decoding), else refused (check_server_args)",
        ),
    ),
    bad="""
serving: {speculative: {method: NGRAM, num_speculative_tokens: 5}}
args: {enable-mixed-chunk: true}
""",
    good="serving: {speculative: {method: NGRAM, num_speculative_tokens: 5}}",
    base="sglang",
    applies=lambda facts: facts.engine.name == "sglang",
    check=_check,
)
