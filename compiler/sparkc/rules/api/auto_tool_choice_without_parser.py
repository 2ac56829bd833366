"""Tool choice is left to the model, and nobody reads its tool calls."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.command_line import engine_flags, place_of
from sparkc.rules.rule import Complaint, Evidence, Rule


def _check(plan: Plan, facts: Facts) -> Iterator[Complaint]:
    flags = engine_flags(plan)
    if "--enable-auto-tool-choice" in flags and "--tool-call-parser" not in flags:
        parsers = facts.known_model[0].parsers_for(facts.engine.name or "") if facts.known_model else None
        yield Complaint(
            place_of(facts, flags["--enable-auto-tool-choice"]),
            "--enable-auto-tool-choice is set and no tool call parser; wanted both",
            help=f"set serving.tool_call_parser to {parsers.tool}" if parsers and parsers.tool else None,
        )


RULE = Rule(
    name="auto-tool-choice-without-parser",
    severity=Severity.ERROR,
    failure=Failure.CRASH,
    summary="--enable-auto-tool-choice is set without a tool call parser",
    why="vLLM refuses after reading its arguments: `--enable-auto-tool-choice requires --tool-call-parser`. "
    "sparkc sets both when serving.tool_call_parser is given.",
    help="set serving.tool_call_parser, and leave the flag to sparkc",
    evidence=(
        Evidence(
            "vllm-project/vllm vllm/entrypoints/openai/cli_args.py",
            "0.18.1: validate_parsed_serve_args raises a TypeError",
        ),
    ),
    bad="""
serving: {tool_call_parser: null}
args: {enable-auto-tool-choice: true}
""",
    good="serving: {tool_call_parser: minimax_m2}",
    check=_check,
    allowable=False,
)
