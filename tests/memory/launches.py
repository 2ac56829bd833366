"""Launches to ask the planner about, and the cases that people measured."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml

from sparkc.catalog.models import Shape, find_family, find_model, shape_from
from sparkc.plan import MemoryCheck, NodeMemory
from sparkc.resolve.memory import MemoryRequest, NodeRequest, plan_memory

GIB = 2**30
SPARK_TOTAL = round(119.67 * GIB)
CASES: dict[str, Any] = yaml.safe_load((Path(__file__).parent / "cases.yaml").read_text(encoding="utf-8"))


def two_sparks(hub_id: str, fraction: float, **changes: object) -> MemoryRequest:
    """Return the launch of https://al-engr.com/minimax-m2.7-dual-spark.html with another model, fraction or setting."""
    found = find_model(hub_id)
    assert found is not None
    model, checkpoint = found
    request = MemoryRequest(
        nodes=sparks(2),
        shape=model.shape,
        weight_bytes=checkpoint.weight_bytes,
        quant=checkpoint.quant,
        engine="vllm",
        engine_version="0.18.1rc1",
        executor="ray",
        tensor=2,
        fraction=fraction,
        kv_cache_dtype="fp8",
        max_model_len=131072,
        max_num_batched_tokens=8192,
        ray_threshold=0.97,
    )
    return replace(request, **changes)


def sparks(count: int, total_gib: float = 119.67, **changes: object) -> tuple[NodeRequest, ...]:
    node = NodeRequest("spark", round(total_gib * GIB), unified=True, object_store=2 * GIB)
    return tuple(replace(node, name=f"spark-{index + 1}", **changes) for index in range(count))


def measured(case: dict[str, Any]) -> MemoryRequest:
    """Return the launch of a measured case: its shape, its settings, on as many nodes as it has ranks."""
    tensor = case.get("tensor", 1)
    return MemoryRequest(
        nodes=sparks(tensor, case.get("total", 121.69)),
        shape=_shape(case["shape"]),
        weight_bytes=None,
        quant="bf16",
        engine=case.get("engine", "vllm"),
        engine_version=case.get("version", "0.33.0"),
        executor="mp",
        tensor=tensor,
        fraction=case.get("fraction"),
        kv_cache_dtype=case["kv_cache_dtype"],
        max_model_len=case["max_model_len"],
        max_num_batched_tokens=case.get("max_num_batched_tokens"),
        speculative="mtp" if case.get("mtp") else "none",
        speculative_tokens=case.get("mtp", 0),
        prefix_caching=case.get("prefix_caching"),
    )


def _shape(name: str) -> Shape:
    """Return the catalog's shape of a model, else the one carried beside the cases."""
    known = find_family(name)
    return known.shape if known else shape_from(CASES["shapes"][name])


def check(request: MemoryRequest, name: str) -> MemoryCheck:
    """Return one check of the first node."""
    return next(found for found in first(request).checks if found.name == name)


def first(request: MemoryRequest) -> NodeMemory:
    return plan_memory(request)[0]
