"""Which launches cut a model of known shape, and into how many parts it divides."""

from __future__ import annotations

from collections.abc import Callable

from sparkc.resolve.facts import Facts

VIRTUAL_SHARDING = "virtual-sharding"
"""A fork that pads heads and widths, so that they divide by any tensor parallel size."""


WORTH_LISTING = 8
"""Sizes up to this are offered even where there are fewer machines: a cluster can grow."""


def has_shape(facts: Facts) -> bool:
    """Tell whether the model's numbers are known."""
    return facts.shape is not None


def cuts_stock_shapes(facts: Facts) -> bool:
    """Tell whether tensor parallelism cuts a model of known shape, and no fork pads what does not divide."""
    return facts.shape is not None and facts.tensor > 1 and VIRTUAL_SHARDING not in facts.provided


def sizes(facts: Facts, fits: Callable[[int], bool]) -> str:
    """Return the tensor parallel sizes that fit, as a sentence would list them, no further than is worth buying."""
    most = max(len(facts.hosts) * facts.accelerators, WORTH_LISTING)
    return ", ".join(str(size) for size in range(1, most + 1) if fits(size))
