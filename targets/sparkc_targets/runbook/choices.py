"""Everything that sparkc decided for the author, with the reason, sorted by who gets it."""

from __future__ import annotations

from dataclasses import dataclass

from sparkc.plan import Because, Origin, Plan
from sparkc.views.decisions import Decision, Place, decisions, together

# A need repeats the reason of a setting in another group; the others have tables of their own in the runbook.
_TOLD_ELSEWHERE = ("needs", "waits_for", "steps", "markers", "harmless_lines")


@dataclass(frozen=True)
class Choice:
    """One decision, and on which nodes it holds; no node means all of them."""

    decision: Decision
    nodes: tuple[str, ...]


@dataclass(frozen=True)
class Group:
    """Decisions that reach the same sort of thing: the processes of one name, the containers, the nodes."""

    title: str
    choices: tuple[Choice, ...]


def choices(plan: Plan) -> tuple[Group, ...]:
    """Return the groups in the order of the Plan; what the spec says itself is left out."""
    found = [
        (place, decision)
        for place, decision in decisions(plan)
        if decision.because.kind is not Origin.SPEC and decision.field not in _TOLD_ELSEWHERE
    ]
    titles = list(dict.fromkeys(_title(place) for place, _ in found))
    return tuple(
        Group(title, tuple(_choices(plan, [entry for entry in found if _title(entry[0]) == title]))) for title in titles
    )


def decided_by(because: Because) -> str:
    """Return who decided: `rule object-store-uncapped`."""
    return f"{because.kind.value} {because.layer}"


def _title(place: Place) -> str:
    process = place.named("process")
    if process is not None:
        return f"The process {process}"
    if place.named("container") is not None:
        return "The containers"
    return "The nodes" if place.named("node") is not None else "The service"


def _choices(plan: Plan, found: list[tuple[Place, Decision]]) -> list[Choice]:
    where_this_group_stands = {place.named("node") for place, _ in found}
    return [
        Choice(decision, () if _nodes(places) == where_this_group_stands else _in_order(plan, places))
        for decision, places in together(found).items()
    ]


def _nodes(places: tuple[Place, ...]) -> set[str | None]:
    return {place.named("node") for place in places}


def _in_order(plan: Plan, places: tuple[Place, ...]) -> tuple[str, ...]:
    return tuple(node.name for node in plan.nodes if node.name in _nodes(places))
