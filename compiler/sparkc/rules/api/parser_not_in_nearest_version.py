"""A parser that the nearest known engine version does not register."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.api.parsers import unregistered
from sparkc.rules.rule import Complaint, Evidence, Rule


def _knows_a_near_version(facts: Facts) -> bool:
    return facts.engine_names is not None and not facts.names_are_exact


def _check(plan: Plan, facts: Facts) -> Iterator[Complaint]:
    for kind in ("tool", "reasoning"):
        yield from unregistered(plan, facts, kind)


RULE = Rule(
    name="parser-not-in-nearest-version",
    severity=Severity.WARNING,
    failure=Failure.CRASH,
    summary="the nearest engine version that is known does not have this parser",
    why="No catalog of this very version, or of this fork, is at hand, so the nearest one answers. A parser that "
    "is really missing shows as a KeyError after minutes.",
    help="check the name in the image: `vllm serve --help=tool-call-parser`; or pin a version that has a catalog",
    evidence=(
        Evidence(
            "vllm-project/vllm vllm/tool_parsers and vllm/reasoning",
            "0.11.0 to 0.33.0: parsers come and go: minimax_m2 is in 0.13.0 and not in 0.11.0, minimax is gone "
            "by 0.27.1",
        ),
    ),
    bad="""
engine: {fork: {provides: []}}
serving: {tool_call_parser: minimax_m9}
""",
    good="""
engine: {fork: {provides: []}}
serving: {tool_call_parser: minimax_m2}
""",
    applies=_knows_a_near_version,
    check=_check,
)
