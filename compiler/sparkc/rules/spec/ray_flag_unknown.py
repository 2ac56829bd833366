"""A flag that `ray start` does not have."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.rule import Complaint, Evidence, Rule
from sparkc.rules.spec.unknown_flags import said, unknown_flags


def _knows_all_flags(facts: Facts) -> bool:
    return facts.uses_ray and facts.ray_catalog is not None and facts.ray_catalog.exact


def _check(_: Plan, facts: Facts) -> Iterator[Complaint]:
    assert facts.ray_names is not None
    yield from unknown_flags(said(facts.ray.args), facts.ray_names, ("engine", "ray", "args"), "ray start")


RULE = Rule(
    name="ray-flag-unknown",
    severity=Severity.ERROR,
    failure=Failure.CRASH,
    summary="`ray start` has no such flag",
    why="`ray start` ends with `No such option`, on every node, before anything else runs.",
    help="correct the flag",
    evidence=(Evidence("ray-project/ray python/ray/scripts/scripts.py", "2.54.0: every option of `ray start`"),),
    bad="engine: {ray: {args: {num-cpu: 2}}}",
    good="engine: {ray: {args: {num-cpus: 2}}}",
    applies=_knows_all_flags,
    check=_check,
    allowable=False,
)
