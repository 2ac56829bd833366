"""Drafts and pipeline stages, which SGLang does not combine."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.catalog.versions import is_within
from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.rule import Complaint, Evidence, Rule


def _check(_: Plan, facts: Facts) -> Iterator[Complaint]:
    if facts.pipeline > 1 and facts.serving.speculative is not None:
        yield Complaint(
            ("serving", "speculative"),
            f"found drafts over {facts.pipeline} pipeline stages, wanted one of the two",
            also=((("parallelism", "pipeline"), "the stages are asked for here"),),
        )


RULE = Rule(
    name="drafts-over-stages",
    severity=Severity.ERROR,
    failure=Failure.CRASH,
    summary="drafts are asked for over several pipeline stages",
    why="SGLang ends while it reads its arguments: `Pipeline parallelism is not compatible with overlap schedule, "
    "speculative decoding`. The overlap schedule it switches off by itself.",
    help="remove serving.speculative, or use tensor parallelism",
    evidence=(
        Evidence(
            "sgl-project/sglang python/sglang/srt/server_args.py",
            "0.5.5 to 0.5.12, check_server_args; 0.5.23 refuses some algorithms only",
        ),
    ),
    bad="""
parallelism: {tensor: 1, pipeline: 2}
serving: {speculative: {method: NGRAM, num_speculative_tokens: 3}}
""",
    good="parallelism: {tensor: 1, pipeline: 2}",
    base="sglang-pair",
    applies=lambda facts: facts.engine.name == "sglang" and is_within(facts.engine.version, "<=0.5.12.post1"),
    check=_check,
    allowable=False,
)
