"""Answers are to be logged, and requests are not."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.engine_config import is_on, place
from sparkc.rules.rule import Complaint, Evidence, Rule

OUTPUTS, REQUESTS = "--enable-log-outputs", "--enable-log-requests"


def _check(plan: Plan, facts: Facts) -> Iterator[Complaint]:
    if is_on(plan, OUTPUTS) and not is_on(plan, REQUESTS):
        yield Complaint(place(plan, facts, OUTPUTS), f"found {OUTPUTS} without {REQUESTS}, wanted both or neither")


RULE = Rule(
    name="log-outputs-without-log-requests",
    severity=Severity.ERROR,
    failure=Failure.CRASH,
    summary="answers are to be logged without their requests",
    why="vLLM ends while it reads its command line: `Error: --enable-log-outputs requires --enable-log-requests`.",
    help="set args.enable-log-requests too, or remove args.enable-log-outputs",
    evidence=(
        Evidence(
            "vllm-project/vllm vllm/entrypoints/openai/cli_args.py",
            "0.18.1: raises a TypeError after parsing",
        ),
    ),
    bad="args: {enable-log-outputs: true}",
    good="args: {enable-log-outputs: true, enable-log-requests: true}",
    base="single",
    check=_check,
    allowable=False,
)
