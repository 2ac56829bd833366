"""The planner could not judge something, because a number is missing."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import Failure, KeyPath, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.rule import Complaint, Evidence, Rule


def check(plan: Plan, facts: Facts) -> Iterator[Complaint]:
    """Report once everything that could not be judged, and why."""
    unknown = {
        check.name: check.explanation.removeprefix("unknown, because ")
        for node in plan.nodes
        for check in node.memory.checks
        if check.verdict == "unknown"
    }
    if unknown:
        reasons = dict.fromkeys(unknown.values())
        yield Complaint(
            _blamed(facts),
            f"found {len(unknown)} of 6 memory checks without an answer ({', '.join(unknown)}), wanted all: "
            + "; ".join(reasons),
        )


def _no_other_rule_names_the_cause(facts: Facts) -> bool:
    """Tell whether machine and model are known: hardware-unknown and model-unknown."""
    return facts.hardware is not None and not facts.missing_shape


def _blamed(facts: Facts) -> KeyPath:
    """Return the key that would supply what is missing."""
    return ("model",) if facts.weight_bytes is None or facts.shape is None else ("serving", "memory")


RULE = Rule(
    name="memory-unknown",
    severity=Severity.WARNING,
    failure=Failure.OOM,
    summary="whether the launch fits is not known",
    why="Without the size of the checkpoint, its shape or the machine's memory nobody can say whether the launch fits. "
    "It may load for 25 minutes and then fail.",
    help="state model.size (`du -sbL` of its folder) and model.shape (from its config.json); of a draft model "
    "serving.speculative.model.size and its config",
    evidence=(
        Evidence(
            "https://al-engr.com/minimax-m2.7-dual-spark.html", "a first start takes 25 minutes before it can fail"
        ),
        Evidence(
            "https://al-engr.com/minimax-sglang-debug.html",
            "229 GB on two Sparks: that about 5 GB per node were left was found out by loading",
        ),
    ),
    applies=_no_other_rule_names_the_cause,
    check=check,
    bad="""
model: {id: cyankiwi/MiniMax-M2.7-AWQ-4bit}
quant: awq-int4
""",
    good="""
model: {id: cyankiwi/MiniMax-M2.7-AWQ-4bit, size: 130 GB}
quant: awq-int4
""",
)
