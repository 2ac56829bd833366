"""Prefill and decode spread the context over groups that do not match."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.catalog.versions import is_within
from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.engine_config import number, place
from sparkc.rules.rule import Complaint, Evidence, Rule

PREFILL, DECODE = "--prefill-context-parallel-size", "--decode-context-parallel-size"


def _check(plan: Plan, facts: Facts) -> Iterator[Complaint]:
    prefill, decode = number(plan, PREFILL) or 1, number(plan, DECODE) or 1
    allowed = sorted({1, prefill, facts.tensor * prefill})
    if prefill > 1 and decode not in allowed:
        yield Complaint(
            place(plan, facts, DECODE),
            f"{DECODE} is {decode} beside {PREFILL} {prefill} and tensor {facts.tensor}; "
            f"wanted one of {', '.join(map(str, allowed))}",
        )


RULE = Rule(
    name="context-parallel-groups-overlap",
    severity=Severity.ERROR,
    failure=Failure.CRASH,
    summary="decode context parallelism fits neither the prefill group nor all its ranks",
    why="vLLM refuses while it builds its configuration: `When PCP is enabled, DCP must be disabled, span the PCP "
    "group, or span TP x PCP`.",
    help="set args.decode-context-parallel-size to one of the sizes",
    evidence=(
        Evidence(
            "vllm-project/vllm vllm/config/parallel.py",
            "0.33.0: DCP is 1, PCP, or TP x PCP",
        ),
    ),
    bad="""
engine: {version: 0.33.0}
args: {prefill-context-parallel-size: 2, decode-context-parallel-size: 3}
""",
    good="""
engine: {version: 0.33.0}
args: {prefill-context-parallel-size: 2, decode-context-parallel-size: 2}
""",
    applies=lambda facts: is_within(facts.engine.version, ">=0.33.0"),
    check=_check,
    allowable=False,
)
