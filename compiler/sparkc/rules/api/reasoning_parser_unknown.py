"""A reasoning parser that the pinned engine version does not register."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.api.parsers import unregistered
from sparkc.rules.rule import Complaint, Evidence, Rule


def _knows_all_names(facts: Facts) -> bool:
    return facts.names_are_exact


def _check(plan: Plan, facts: Facts) -> Iterator[Complaint]:
    yield from unregistered(plan, facts, "reasoning")


RULE = Rule(
    name="reasoning-parser-unknown",
    severity=Severity.ERROR,
    failure=Failure.CRASH,
    summary="the engine does not know the reasoning parser",
    why="vLLM takes any text at first and ends later with `KeyError: invalid reasoning parser`. MiniMax M2 has "
    "two in vLLM, minimax_m2 and minimax_m2_append_think, which SGLang calls minimax and minimax-append-think.",
    help="take one of the names that the engine registers, or bring your own with args: "
    "{reasoning-parser-plugin: FILE}",
    evidence=(
        Evidence(
            "vllm-project/vllm vllm/entrypoints/openai/api_server.py", "0.18.1: looks the name up and raises a KeyError"
        ),
        Evidence(
            "sgl-project/sglang python/sglang/srt/parser/reasoning_parser.py",
            "0.5.12: spells the same parsers differently",
        ),
    ),
    bad="serving: {reasoning_parser: minimax-append-think}",
    good="serving: {reasoning_parser: minimax_m2_append_think}",
    applies=_knows_all_names,
    check=_check,
    allowable=False,
)
