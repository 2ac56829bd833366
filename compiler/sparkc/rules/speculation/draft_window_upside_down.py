"""The shortest match of n-gram drafts is longer than the longest."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.engine_config import place, structure
from sparkc.rules.rule import Complaint, Evidence, Rule

FLAG = "--speculative-config"


def _check(plan: Plan, facts: Facts) -> Iterator[Complaint]:
    config = structure(plan, FLAG)
    low, high = config.get("prompt_lookup_min"), config.get("prompt_lookup_max")
    if isinstance(low, int) and isinstance(high, int) and low > high:
        yield Complaint(
            place(plan, facts, FLAG), f"prompt_lookup_min is {low}, prompt_lookup_max is {high}; wanted at most {high}"
        )


RULE = Rule(
    name="draft-window-upside-down",
    severity=Severity.ERROR,
    failure=Failure.CRASH,
    summary="prompt_lookup_min is above prompt_lookup_max",
    why="vLLM refuses while it builds its configuration: `prompt_lookup_min must be <= prompt_lookup_max`. With "
    "neither given both are 5.",
    help="swap the two numbers",
    evidence=(
        Evidence(
            "vllm-project/vllm vllm/config/speculative.py",
            "0.18.1 and 0.33.0: raises; sets both to 5 when both are missing",
        ),
    ),
    bad="""
serving:
  speculative: {method: ngram, num_speculative_tokens: 5, options: {prompt_lookup_min: 4, prompt_lookup_max: 2}}
""",
    good="""
serving:
  speculative: {method: ngram, num_speculative_tokens: 5, options: {prompt_lookup_min: 2, prompt_lookup_max: 4}}
""",
    base="single",
    check=_check,
    allowable=False,
)
