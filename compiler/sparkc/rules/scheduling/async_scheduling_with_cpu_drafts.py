"""Steps are to overlap while drafts are looked up on the CPU."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.catalog.versions import is_within
from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.engine_config import is_on, place, structure
from sparkc.rules.rule import Complaint, Evidence, Rule

FLAG = "--async-scheduling"
ON_CPU = ("ngram", "medusa", "mlp_speculator", "suffix")


def _check(plan: Plan, facts: Facts) -> Iterator[Complaint]:
    method = structure(plan, "--speculative-config").get("method")
    if is_on(plan, FLAG) and method in ON_CPU:
        yield Complaint(
            place(plan, facts, FLAG),
            f"found {FLAG} with {method} drafts, wanted one of the two",
            also=((place(plan, facts, "--speculative-config"), "drafted here"),),
        )


RULE = Rule(
    name="async-scheduling-with-cpu-drafts",
    severity=Severity.ERROR,
    failure=Failure.CRASH,
    summary="asynchronous scheduling is asked for beside drafts that it cannot overlap with",
    why="vLLM refuses while it builds its configuration: `Currently, async scheduling is only supported with "
    "EAGLE/MTP/Draft Model/NGram GPU kind of speculative decoding`.",
    help="remove args.async-scheduling, or take the method ngram_gpu",
    evidence=(
        Evidence(
            "vllm-project/vllm vllm/config/vllm.py",
            "0.18.1 and 0.23.0: raises for every other method",
        ),
    ),
    bad="""
engine: {version: 0.23.0}
serving: {speculative: {method: ngram, num_speculative_tokens: 5}}
args: {async-scheduling: true}
""",
    good="""
engine: {version: 0.23.0}
serving: {speculative: {method: ngram, num_speculative_tokens: 5}}
""",
    base="single",
    applies=lambda facts: is_within(facts.engine.version, ">=0.18.0,<=0.23.0"),
    check=_check,
    allowable=False,
)
