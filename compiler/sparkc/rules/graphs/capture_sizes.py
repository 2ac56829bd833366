"""The largest graph that the author asks for, wherever he says so."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import KeyPath
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.command_line import engine_flags
from sparkc.rules.engine_config import number, place, structure

COMPILATION = "--compilation-config"
SIZES, LARGEST = "--cudagraph-capture-sizes", "--max-cudagraph-capture-size"


def largest_sizes(plan: Plan, facts: Facts) -> Iterator[tuple[KeyPath, int]]:
    """Yield each place where graph sizes are stated, with the largest one there, in tokens."""
    sizes = engine_flags(plan).get(SIZES)
    if sizes is not None and isinstance(sizes.value, tuple) and all(word.isdecimal() for word in sizes.value):
        yield place(plan, facts, SIZES), max(int(word) for word in sizes.value)
    largest = number(plan, LARGEST)
    if largest:
        yield place(plan, facts, LARGEST), largest
    config = structure(plan, COMPILATION)
    within = config.get("cudagraph_capture_sizes")
    if isinstance(within, list) and within and all(isinstance(size, int) for size in within):
        yield place(plan, facts, COMPILATION), max(within)
    if isinstance(config.get("max_cudagraph_capture_size"), int) and config["max_cudagraph_capture_size"]:
        yield place(plan, facts, COMPILATION), config["max_cudagraph_capture_size"]
