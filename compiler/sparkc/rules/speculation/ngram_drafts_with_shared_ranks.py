"""N-gram drafts over data parallel attention."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.rule import Complaint, Evidence, Rule


def _check(_: Plan, facts: Facts) -> Iterator[Complaint]:
    speculative = facts.serving.speculative
    is_ngram = speculative is not None and (speculative.method or "").upper() == "NGRAM"
    # With a single replica SGLang switches data parallel attention off again.
    if is_ngram and facts.shares_ranks and facts.data > 1:
        yield Complaint(
            ("serving", "speculative", "method"),
            f"found n-gram drafts with data parallel attention over {facts.data}, wanted one of the two",
            also=((("args", "enable-dp-attention"), "asked for here"),),
        )


RULE = Rule(
    name="ngram-drafts-with-shared-ranks",
    severity=Severity.ERROR,
    failure=Failure.CRASH,
    summary="n-gram drafts are asked for with data parallel attention",
    why="SGLang ends while it reads its arguments: `Currently ngram speculative decoding does not support dp "
    "attention`.",
    help="take EAGLE drafts, or leave data parallel attention out",
    evidence=(
        Evidence(
            "sgl-project/sglang python/sglang/srt/server_args.py",
            "0.5.5 to 0.5.12: _handle_speculative_decoding; 0.5.23: arg_groups/speculative_hook.py",
        ),
    ),
    bad="""
parallelism: {tensor: 2, data: 2}
args: {enable-dp-attention: true}
serving: {speculative: {method: NGRAM, num_speculative_tokens: 5}}
""",
    good="""
parallelism: {tensor: 2, data: 2}
args: {enable-dp-attention: true}
""",
    base="sglang-pair",
    applies=lambda facts: facts.engine.name == "sglang",
    check=_check,
    allowable=False,
)
