"""Look up published measurements, to hold one's own against."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from sparkc.catalog.data import load, names
from sparkc.catalog.evidence import Evidence, evidence_from


@dataclass(frozen=True)
class PublishedFigure:
    """One published number.

    Args:
        what: what was measured (`decode, one request`).
        value: the number with its unit, as published.
        setup: what it was measured with, one line.
        check: what to look at when one's own number is lower; empty when the source does not say.
    """

    what: str
    value: str
    setup: str
    check: str
    family: str
    quant: str
    hardware: str
    nodes: int
    engine: str
    evidence: Evidence


def figures_for(family: str | None, quant: str, hardware: str, nodes: int, engine: str) -> tuple[PublishedFigure, ...]:
    """Return the measurements of the same model family, quant, machines and engine, in the order of publication."""
    wanted = (family, quant, hardware, nodes, engine)
    return tuple(
        figure
        for figure in all_figures()
        if (figure.family, figure.quant, figure.hardware, figure.nodes, figure.engine) == wanted
    )


@cache
def all_figures() -> tuple[PublishedFigure, ...]:
    """Return every measurement of the catalog."""
    return tuple(
        PublishedFigure(
            what=entry["what"],
            value=entry["value"],
            setup=entry["setup"],
            check=entry.get("check", ""),
            family=data["family"],
            quant=group["quant"],
            hardware=group["hardware"],
            nodes=group["nodes"],
            engine=group["engine"],
            evidence=evidence_from(group["evidence"]),
        )
        for data in (load("figures", name) for name in names("figures"))
        for group in data["groups"]
        for entry in group["figures"]
    )
