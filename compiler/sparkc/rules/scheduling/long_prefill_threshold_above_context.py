"""A prompt counts as long only beyond the longest context."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.catalog.versions import is_within
from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.engine_config import number, place
from sparkc.rules.rule import Complaint, Evidence, Rule

THRESHOLD, PARTIAL = "--long-prefill-token-threshold", "--max-num-partial-prefills"


def _check(plan: Plan, facts: Facts) -> Iterator[Complaint]:
    threshold, context = number(plan, THRESHOLD), facts.serving.max_model_len
    if threshold is not None and context is not None and threshold > context and _looks(plan, facts):
        yield Complaint(
            place(plan, facts, THRESHOLD),
            f"{THRESHOLD} is {threshold:,}, max_model_len is {context:,}; wanted at most {context:,}",
        )


def _looks(plan: Plan, facts: Facts) -> bool:
    """Tell whether this version compares the two: older ones only where several long prompts may run at once."""
    return is_within(facts.engine.version, ">=0.33.0") or (number(plan, PARTIAL) or 1) > 1


RULE = Rule(
    name="long-prefill-threshold-above-context",
    severity=Severity.ERROR,
    failure=Failure.CRASH,
    summary="the threshold for long prompts lies above the longest context",
    why="vLLM refuses while it builds its configuration: `long_prefill_token_threshold cannot be greater than the "
    "max_model_len`.",
    help="lower args.long-prefill-token-threshold",
    evidence=(
        Evidence(
            "vllm-project/vllm vllm/config/scheduler.py",
            "0.18.1 and 0.23.0 compare when max_num_partial_prefills is above 1, 0.33.0 always",
        ),
    ),
    bad="""
engine: {version: 0.33.0}
args: {long-prefill-token-threshold: 200000}
""",
    good="""
engine: {version: 0.33.0}
args: {long-prefill-token-threshold: 4096}
""",
    base="single",
    check=_check,
    allowable=False,
)
