"""Ray reads its variables as they are spelled, lower case included."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.catalog.engine import EngineCatalog, available, find_engine
from sparkc.findings import Failure, KeyPath, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.rule import Complaint, Evidence, Rule


def check(plan: Plan, facts: Facts) -> Iterator[Complaint]:
    """Report names that differ from one of Ray's in case only."""
    names = _names(facts)
    places: dict[KeyPath, str] = {}
    for host in facts.hosts:
        for name in host.spec.env or {}:
            right = names.in_other_case(name) if names else None
            if right is not None and names and names.variable(name) is None:
                places.setdefault(facts.place(host, "env", name), f"found {name}, wanted {right}")
    for key, message in places.items():
        yield Complaint(key, f"{message}: Ray reads the name as it is spelled and would not see this one")


def _names(facts: Facts) -> EngineCatalog | None:
    """Return Ray's names; of the newest version that is known when the spec states none: they hardly change."""
    if facts.ray_catalog:
        return facts.ray_catalog.catalog
    known = available("ray")
    newest = find_engine("ray", known[-1]) if known else None
    return newest.catalog if newest else None


RULE = Rule(
    name="ray-variable-in-wrong-case",
    severity=Severity.WARNING,
    failure=Failure.SILENT,
    summary="a variable of Ray is spelled in another case, so Ray does not read it",
    why="Ray's settings are `RAY_` and a name in lower case, and are looked up exactly so. In capitals they are "
    "ignored without a line in any log.",
    help="spell the variable as Ray does",
    evidence=(
        Evidence(
            "ray-project/ray src/ray/common/ray_config_def.h",
            "2.54.0 and 2.60.0: each setting is read from RAY_ and its name in lower case",
        ),
    ),
    applies=lambda facts: facts.uses_ray,
    check=check,
    bad="env: {RAY_MEMORY_MONITOR_REFRESH_MS: '0'}",
    good="env: {RAY_memory_monitor_refresh_ms: '0'}",
)
