"""The planner's numbers, named as the engines' answers are."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from cases import GIB, LONGEST, Case

from sparkc.catalog.versions import is_within
from sparkc.resolve.memory import Measurement, MemoryRequest, plan_memory
from sparkc.resolve.memory.fitting import context_that_fits
from sparkc.resolve.memory.kv_cache import CacheLayout, layout_of
from sparkc.resolve.memory.pool import pool_of
from sparkc.resolve.memory.states import state_bytes


def planned(case: Case) -> dict[str, Any]:  # Any: numbers of several types
    """Return what the planner says of a cache; `refused` where it says that the engine refuses."""
    request = case.request
    layout, shape, context = layout_of(request), request.shape, request.max_model_len
    assert shape is not None
    assert context is not None
    if isinstance(layout, str):
        return {"refused": layout}
    groups = layout.full_groups + layout.sliding_groups + layout.state_groups
    concurrency = layout.concurrency(case.available, context)
    blocks = case.available // layout.block_bytes.point
    return {
        "state_bytes": state_bytes(request, shape) if shape.state_layers else None,
        "block": layout.block_tokens,
        "bytes_per_block": layout.block_bytes.point,
        "groups": groups,
        "blocks_of_one_request": layout.blocks_for(context),
        "need": layout.need(context).point,
        "least": layout.least_for(context).point,
        "longest": _longest(layout, case.available),
        "num_blocks": blocks,
        "concurrency": float(concurrency),
        "tokens": _tokens(case, layout, blocks, groups),
    }


def _longest(layout: CacheLayout, available: int) -> int:
    return layout.longest_in(available, LONGEST)


def _tokens(case: Case, layout: CacheLayout, blocks: int, groups: int) -> int | None:
    """Return the tokens that the log tells: before 0.21 those of the blocks that each group would get.

    None there for hybrids, whose log takes the context for a block where that is shorter.
    """
    if not is_within(case.request.engine_version, "<0.21"):
        return layout.tokens_in(case.available, case.request.max_model_len or 0)
    if layout.state_groups:
        return None
    block = min(layout.block_tokens, layout.sliding_block or layout.block_tokens)
    return blocks // groups * block * layout.context_ranks


_CONTEXT_OFFERED = re.compile(r"set max_model_len to ([\d,]+) instead")


def offers(case: Case) -> list[tuple[int, int]]:
    """Return caches in bytes and contexts that the planner says fit together: pinned, fitted, calibrated, ways out."""
    boot = Measurement(total=case.request.nodes[0].total, fraction=0.9, kv_bytes=case.available, source="a drawn boot")
    weights = 20 * GIB * case.request.tensor
    estimated = replace(case.request, fraction=0.85, weight_bytes=weights)
    return [*_offered(estimated), *_offered(replace(estimated, measurement=boot))]


def _offered(request: MemoryRequest) -> Iterator[tuple[int, int]]:
    memory = plan_memory(request)[0]
    pool = pool_of(request, request.nodes[0])
    if pool.kv is None or pool.kv.low <= 0:
        return
    fitted = context_that_fits(request, LONGEST)
    if fitted is not None:
        yield pool.kv.low, int(fitted.value)
    if memory.kv_pin is not None:
        pinned = context_that_fits(replace(request, kv_cache_memory_bytes=memory.kv_pin), LONGEST)
        if pinned is not None:
            yield memory.kv_pin, int(pinned.value)
    for check in memory.checks:
        for offered in (_CONTEXT_OFFERED.search(way) for way in check.ways_out):
            if offered is not None:
                yield pool.kv.low, int(offered[1].replace(",", ""))
