"""A fork is said to bring something that no rule knows."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.layout.shapes import VIRTUAL_SHARDING
from sparkc.rules.rule import Complaint, Evidence, Rule
from sparkc.source.spelling import nearest

FEATURES = (VIRTUAL_SHARDING,)


def _check(_: Plan, facts: Facts) -> Iterator[Complaint]:
    for index, feature in enumerate(facts.provided):
        if feature not in FEATURES:
            guess = nearest(feature, FEATURES)
            yield Complaint(
                ("engine", "fork", "provides", index),
                f"engine.fork.provides has {feature}, which changes nothing; known: {', '.join(FEATURES)}",
                help=f"did you mean `{guess}`?" if guess else None,
            )


RULE = Rule(
    name="fork-feature-unknown",
    severity=Severity.WARNING,
    failure=Failure.SILENT,
    summary="engine.fork.provides names a feature that nothing looks at",
    why="A declared feature exempts a launch from a rule: virtual-sharding from those about uneven heads. A word "
    "that no rule knows exempts from nothing.",
    help="correct the word, or remove it",
    evidence=(
        Evidence(
            "https://forums.developer.nvidia.com/t/working-recipe-minimax-m3-nvfp4-at-tp-3-on-3x-dgx-spark-no-4th-node-the-oom-fixes/373387",
            "a fork with virtual sharding runs 64 heads on three nodes",
        ),
    ),
    bad="engine: {fork: {provides: [virtual-shards]}}",
    good="engine: {fork: {provides: [virtual-sharding]}}",
    check=_check,
)
