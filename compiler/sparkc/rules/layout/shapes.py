"""Which launches cut a model of known shape, and into how many parts it divides."""

from __future__ import annotations

from sparkc.resolve.facts import Facts

VIRTUAL_SHARDING = "virtual-sharding"
"""A fork that pads heads and widths, so that they divide by any tensor parallel size."""


def has_shape(facts: Facts) -> bool:
    """Tell whether the model's numbers are known."""
    return facts.shape is not None


def cuts_stock_shapes(facts: Facts) -> bool:
    """Tell whether tensor parallelism cuts a model of known shape, and no fork pads what does not divide."""
    return facts.shape is not None and facts.tensor > 1 and VIRTUAL_SHARDING not in facts.provided


def sizes_that_divide(number: int, at_most: int) -> str:
    """Return the sizes that cut a number evenly, as a sentence would list them."""
    return ", ".join(str(size) for size in range(1, at_most + 1) if number % size == 0)
