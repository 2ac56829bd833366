"""A flag that the pinned engine version does not have."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.engines import words_of
from sparkc.resolve.facts import Facts
from sparkc.rules.rule import Complaint, Evidence, Rule
from sparkc.rules.spec.unknown_flags import said, unknown_flags


def _knows_all_flags(facts: Facts) -> bool:
    return facts.names_are_exact


def _check(_: Plan, facts: Facts) -> Iterator[Complaint]:
    assert facts.engine_names is not None
    yield from unknown_flags(said(facts.spec.args), facts.engine_names, ("args",), " ".join(words_of(facts).program))


RULE = Rule(
    name="flag-unknown",
    severity=Severity.ERROR,
    failure=Failure.CRASH,
    summary="the pinned engine version has no such flag",
    why="The engine ends at once: `unrecognized arguments`. Flags come and go: --swap-space left vLLM by 0.18.1, "
    "--attention-backend came with 0.13.0. vLLM also takes a beginning that is not ambiguous, which breaks with "
    "the next release; sparkc wants the whole name.",
    help="correct the flag; one that an image brings is declared with engine.fork",
    evidence=(
        Evidence(
            "vllm-project/vllm vllm/entrypoints/openai/cli_args.py and vllm/engine/arg_utils.py",
            "0.18.1: every flag of `vllm serve`",
        ),
        Evidence(
            "vllm-project/vllm vllm/engine/arg_utils.py",
            "0.11.0 to 0.33.0: up to 30 flags come and 18 go between two releases",
        ),
    ),
    bad="args: {block-sizes: 64}",
    good="args: {block-size: 64}",
    applies=_knows_all_flags,
    check=_check,
    allowable=False,
)
