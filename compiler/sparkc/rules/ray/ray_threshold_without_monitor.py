"""A threshold for a memory monitor that is switched off."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.author_variables import variable_texts
from sparkc.rules.ray.ray_memory_monitor_on import MONITOR, OFF, THRESHOLD
from sparkc.rules.rule import Complaint, Evidence, Rule


def check(plan: Plan, facts: Facts) -> Iterator[Complaint]:
    """Report a threshold beside a monitor that the author switched off himself."""
    switched_off = [word.key for word in variable_texts(facts, MONITOR) if word.text == OFF]
    if switched_off:
        for word in variable_texts(facts, THRESHOLD):
            yield Complaint(
                word.key,
                f"found {THRESHOLD} {word.text} beside {MONITOR} {OFF}, wanted one of the two: with the monitor off "
                "nobody reads the threshold",
                also=((switched_off[0], "switched off here"),),
            )


RULE = Rule(
    name="ray-threshold-without-monitor",
    severity=Severity.NOTE,
    failure=Failure.SILENT,
    summary="a memory threshold is set, and the monitor that reads it is off",
    why="With a refresh of 0 ms Ray's monitor never looks, so the threshold protects nobody. A reader of the spec "
    "believes that it does.",
    help="remove RAY_memory_usage_threshold, or remove the 0 and let the monitor work",
    evidence=(
        Evidence(
            "https://docs.ray.io/en/latest/ray-core/scheduling/ray-oom-prevention.html",
            "a refresh of 0 ms disables the monitor; the threshold is what the monitor compares with",
        ),
    ),
    applies=lambda facts: facts.uses_ray,
    check=check,
    bad='env: {RAY_memory_monitor_refresh_ms: "0", RAY_memory_usage_threshold: 0.97}',
    good='env: {RAY_memory_monitor_refresh_ms: "0"}',
)
