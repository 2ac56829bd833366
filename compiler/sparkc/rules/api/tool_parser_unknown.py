"""A tool parser that the pinned engine version does not register."""

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
    yield from unregistered(plan, facts, "tool")


RULE = Rule(
    name="tool-parser-unknown",
    severity=Severity.ERROR,
    failure=Failure.CRASH,
    summary="the engine does not know the tool call parser",
    why="vLLM takes any text at first and ends later with `KeyError: invalid tool call parser`. The names differ "
    "between engines: minimax_m2 in vLLM is minimax-m2 in SGLang.",
    help="take one of the names that the engine registers, or bring your own with args: {tool-parser-plugin: FILE}",
    evidence=(
        Evidence(
            "vllm-project/vllm vllm/entrypoints/openai/api_server.py", "0.18.1: looks the name up and raises a KeyError"
        ),
        Evidence("sgl-project/sglang python/sglang/srt/function_call", "0.5.12: spells the same parser with a dash"),
    ),
    bad="serving: {tool_call_parser: minimax-m2}",
    good="serving: {tool_call_parser: minimax_m2}",
    applies=_knows_all_names,
    check=_check,
    allowable=False,
)
