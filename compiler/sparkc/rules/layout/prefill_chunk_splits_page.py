"""A chunk of a prompt that is no whole number of cache pages."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.engine_config import number
from sparkc.rules.rule import Complaint, Evidence, Rule


def _check(plan: Plan, facts: Facts) -> Iterator[Complaint]:
    chunk, page = facts.serving.max_num_batched_tokens, number(plan, "--page-size") or 1
    if facts.serving.chunked_prefill is not False and chunk is not None and chunk % page:
        yield Complaint(
            ("serving", "max_num_batched_tokens"),
            f"max_num_batched_tokens is {chunk}, --page-size is {page}; wanted a multiple of {page}",
        )


RULE = Rule(
    name="prefill-chunk-splits-page",
    severity=Severity.ERROR,
    failure=Failure.CRASH,
    summary="the prefill chunk does not divide by the page size",
    why="SGLang ends while it reads its arguments: `chunked_prefill_size must be divisible by page_size`.",
    help="make max_num_batched_tokens a multiple of the page size",
    evidence=(
        Evidence(
            "sgl-project/sglang python/sglang/srt/server_args.py",
            "0.5.5 to 0.5.12, check_server_args; 0.5.23: arg_groups/validation_hook.py",
        ),
    ),
    bad="""
serving: {max_num_batched_tokens: 8100}
args: {page-size: 64}
""",
    good="""
serving: {max_num_batched_tokens: 8192}
args: {page-size: 64}
""",
    base="sglang",
    applies=lambda facts: facts.engine.name == "sglang",
    check=_check,
    allowable=False,
)
