"""A value or key that the nearest known engine version does not take."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.rule import Complaint, Evidence, Rule
from sparkc.rules.spec.config_key_unknown import unknown_keys
from sparkc.rules.spec.flag_value_refused import refused_values
from sparkc.rules.spec.name_not_registered import unregistered_names


def _knows_a_near_version(facts: Facts) -> bool:
    return facts.engine_names is not None and not facts.names_are_exact


def _check(plan: Plan, facts: Facts) -> Iterator[Complaint]:
    for complaint in (*refused_values(plan, facts), *unknown_keys(plan, facts), *unregistered_names(plan, facts)):
        yield replace(complaint, message=f"{complaint.message} (nearest to {facts.engine.version})")


RULE = Rule(
    name="value-not-in-nearest-version",
    severity=Severity.WARNING,
    failure=Failure.CRASH,
    summary="the nearest engine version that is known does not take this value or key",
    why="No catalog of this very version, or of this fork, is at hand, so the nearest one answers. Lists of "
    "values change with every release.",
    help="check it in the image, or pin a version that has a catalog",
    evidence=(
        Evidence(
            "vllm-project/vllm vllm/engine/arg_utils.py",
            "0.11.0 to 0.33.0: 24 flags, variables and keys take other words in 0.33.0 than in 0.21.0",
        ),
    ),
    bad="""
engine: {version: 0.18.2}
args: {block-size: sixteen}
""",
    good="""
engine: {version: 0.18.2}
args: {block-size: 16}
""",
    applies=_knows_a_near_version,
    check=_check,
)
