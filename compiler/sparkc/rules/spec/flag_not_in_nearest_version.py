"""A flag that the nearest known engine version does not have."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.engines import words_of
from sparkc.resolve.facts import Facts
from sparkc.rules.rule import Complaint, Evidence, Rule
from sparkc.rules.spec.unknown_flags import said, unknown_flags


def _knows_a_near_version(facts: Facts) -> bool:
    return facts.engine_names is not None and not facts.names_are_exact


def _check(_: Plan, facts: Facts) -> Iterator[Complaint]:
    assert facts.engine_names is not None
    for complaint in unknown_flags(
        said(facts.spec.args), facts.engine_names, ("args",), " ".join(words_of(facts).program)
    ):
        yield replace(complaint, message=f"{complaint.message} (nearest to {facts.engine.version})")


RULE = Rule(
    name="flag-not-in-nearest-version",
    severity=Severity.WARNING,
    failure=Failure.CRASH,
    summary="the nearest engine version that is known has no such flag",
    why="No catalog of this very version, or of this fork, is at hand, so the nearest one answers. A flag that "
    "is really missing ends the engine at once: `unrecognized arguments`.",
    help="check it in the image: `vllm serve --help=all`; or pin a version that has a catalog",
    evidence=(
        Evidence(
            "vllm-project/vllm vllm/engine/arg_utils.py",
            "0.11.0 to 0.33.0: up to 30 flags come and 18 go between two releases",
        ),
    ),
    bad="""
engine: {version: 0.18.2}
args: {block-sizes: 64}
""",
    good="""
engine: {version: 0.18.2}
args: {block-size: 64}
""",
    applies=_knows_a_near_version,
    check=_check,
)
