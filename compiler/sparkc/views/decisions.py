"""Everything in a Plan that was decided, each with its reason and the places where it stands."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields, is_dataclass
from typing import TYPE_CHECKING, Any, TypeGuard

from sparkc.plan import Because, Plan

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

# What a thing is called: the first of these that it has. One that has none goes by the field in which it stands.
_NAMING_FIELDS = ("key", "name", "to", "path", "says", "pattern", "kind")


@dataclass(frozen=True)
class Place:
    """Where a decision stands: what it lies in, from the outside, as pairs of kind and name (`("node", "spark-1")`)."""

    within: tuple[tuple[str, str], ...]

    def named(self, kind: str) -> str | None:
        """Return the name of the node, container or process around it; None when there is none."""
        return dict(self.within).get(kind)

    def __str__(self) -> str:
        return ", ".join(f"{kind} {name}" for kind, name in reversed(self.within)) or "the deployment"


@dataclass(frozen=True)
class Decision:
    """One thing that was decided.

    Args:
        field: what sort of thing it is, by the field of the Plan in which it stands: `arguments`, `mounts`, `image`.
        name: what it is called: a flag, a variable, a path, a step.
        details: everything else about it, by name; a flag's or variable's own value is called `value`.
    """

    field: str
    name: str
    details: tuple[tuple[str, str], ...]
    because: Because

    @property
    def value(self) -> str:
        """Return the value in words: empty for a bare flag, `soft=-1, hard=-1` for what has several parts."""
        if [name for name, _ in self.details] == ["value"]:
            return self.details[0][1]
        return ", ".join(f"{name}={text}" for name, text in self.details)


def decisions(plan: Plan) -> Iterator[tuple[Place, Decision]]:
    """Yield every decision of a Plan with its place, in the order in which the Plan holds them."""
    return _inside(plan, Place(()), "plan")


def together(found: Iterable[tuple[Place, Decision]]) -> dict[Decision, tuple[Place, ...]]:
    """Return each decision once, with all the places where it stands the same way and for the same reason."""
    places: dict[Decision, list[Place]] = {}
    for place, decision in found:
        places.setdefault(decision, []).append(place)
    return {decision: tuple(where) for decision, where in places.items()}


def _inside(value: object, place: Place, field: str, *, listed: bool = False) -> Iterator[tuple[Place, Decision]]:
    if isinstance(value, tuple):
        if len(value) == 2 and isinstance(value[1], Because):
            yield place, Decision(field, str(value[0]), (), value[1])
        for item in value:
            yield from _inside(item, place, field, listed=True)
    elif _is_record(value) and not isinstance(value, Because):
        parts = {part.name: getattr(value, part.name) for part in fields(value)}
        if isinstance(parts.get("because"), Because):
            yield place, _decision(parts, field, listed=listed)
        elif "name" in parts and not isinstance(value, Plan):
            place = Place((*place.within, (type(value).__name__.lower(), parts["name"])))
        for name, part in parts.items():
            yield from _inside(part, place, name)


def _decision(parts: dict[str, Any], field: str, *, listed: bool) -> Decision:  # Any: what the records of a Plan hold
    naming = next((name for name in _NAMING_FIELDS if name in parts), None)
    if naming is None and listed:  # one of several bare values, such as a capability
        naming = "value"
    return Decision(
        field=field,
        name=parts[naming] if naming else field,
        details=tuple(
            (name, _words(part))
            for name, part in parts.items()
            if name not in (naming, "because", "structured") and part is not None
        ),
        because=parts["because"],
    )


def _words(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return " ".join(map(_words, value))
    if _is_record(value):
        return " ".join(_words(getattr(value, part.name)) for part in fields(value))
    return str(value)


def _is_record(value: Any) -> TypeGuard[DataclassInstance]:  # Any: whatever the records of a Plan hold
    return is_dataclass(value) and not isinstance(value, type)
