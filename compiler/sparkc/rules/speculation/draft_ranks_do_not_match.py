"""The draft model is cut into another number of parts than vLLM allows."""

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
    ranks = config.get("draft_tensor_parallel_size")
    if "tensor_parallel_size" in config:
        yield Complaint(
            place(plan, facts, FLAG), "found tensor_parallel_size among the keys, wanted draft_tensor_parallel_size"
        )
    if isinstance(ranks, int) and ranks not in (1, facts.tensor):
        yield Complaint(
            place(plan, facts, FLAG), f"draft_tensor_parallel_size is {ranks}; wanted 1 or {facts.tensor}, as the model"
        )


RULE = Rule(
    name="draft-ranks-do-not-match",
    severity=Severity.ERROR,
    failure=Failure.CRASH,
    summary="the draft model has a tensor parallel size of its own",
    why="vLLM refuses while it builds its configuration: `cannot be other value than 1 or target model "
    "tensor_parallel_size`, or `'tensor_parallel_size' is not a valid argument in the speculative_config`.",
    help="remove the key: the draft model is cut as the model is",
    evidence=(
        Evidence(
            "vllm-project/vllm vllm/config/speculative.py",
            "0.18.1, 0.23.0 and 0.33.0: both raise",
        ),
    ),
    bad="""
serving:
  speculative: {method: eagle3, num_speculative_tokens: 3, options: {draft_tensor_parallel_size: 4}}
""",
    good="""
serving:
  speculative: {method: eagle3, num_speculative_tokens: 3, options: {draft_tensor_parallel_size: 1}}
""",
    base="single",
    check=_check,
    allowable=False,
)
