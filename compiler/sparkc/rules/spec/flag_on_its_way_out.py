"""A flag that the engine itself calls deprecated."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.catalog.history import instead_of
from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.command_line import engine_flags, place_of
from sparkc.rules.rule import Complaint, Evidence, Rule


def _check(plan: Plan, facts: Facts) -> Iterator[Complaint]:
    catalog = facts.engine_names
    for setting in engine_flags(plan).values() if catalog is not None else ():
        assert catalog is not None
        flag = catalog.flag(setting.key)
        if flag is None or flag.deprecated is None:
            continue
        end = f", gone in {flag.deprecated.removed_in}" if flag.deprecated.removed_in else ""
        instead = flag.deprecated.instead or instead_of(flag.name, catalog.engine)
        yield Complaint(
            place_of(facts, setting),
            f"{flag.name} is deprecated in {catalog.engine} {catalog.version}{end}",
            help=f"use {' and '.join(instead)}" if instead else None,
        )


RULE = Rule(
    name="flag-on-its-way-out",
    severity=Severity.NOTE,
    failure=Failure.CRASH,
    summary="the engine calls this flag deprecated",
    why="A coming release ends with `unrecognized arguments` instead of a warning.",
    help="use what the engine names instead",
    evidence=(
        Evidence(
            "vllm-project/vllm vllm/config/cache.py",
            "0.23.0: calculate_kv_scales is deprecated and named for removal; 0.30.0 has it no more",
        ),
    ),
    bad="""
engine: {version: 0.23.0}
args: {calculate-kv-scales: true}
""",
    good="engine: {version: 0.23.0}",
    base="single",
    check=_check,
)
