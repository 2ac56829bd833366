"""Mark containers as sparkc's."""

from __future__ import annotations

from sparkc.plan import Container, Plan
from sparkc_targets.node.build import build_of


def labels(plan: Plan, container: Container) -> tuple[tuple[str, str], ...]:
    """Return the labels by which a container of sparkc's is found again, on every target."""
    return (
        ("sparkc.deployment", plan.name),
        ("sparkc.variant", plan.variant or ""),
        ("sparkc.plan", build_of(container)),
    )
