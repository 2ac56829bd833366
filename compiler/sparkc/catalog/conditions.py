"""Decide whether a fact of the catalog holds for a launch."""

from __future__ import annotations

from typing import Any

from sparkc.catalog.situation import Conditions, Situation
from sparkc.catalog.versions import may_be_within


def conditions_from(data: dict[str, Any]) -> Conditions:  # Any: plain data from YAML
    """Return the conditions written beside a fact; what is left out holds for everything."""
    values: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in data.items()}
    values["settings"] = tuple((key, tuple(allowed)) for key, allowed in data.get("settings", {}).items())
    return Conditions(**values)


def holds(conditions: Conditions, launch: Situation) -> bool:
    """Tell whether every condition agrees with the launch."""
    return (
        not (conditions.stock and launch.forked)
        and _names_agree(conditions, launch)
        and _sizes_agree(conditions, launch)
        and may_be_within(launch.engine_version, conditions.engine_versions)
        and may_be_within(launch.nccl, conditions.nccl_versions)
        and all(launch.setting(key) in allowed for key, allowed in conditions.settings)
    )


def _names_agree(conditions: Conditions, launch: Situation) -> bool:
    pairs = (
        (conditions.engines, launch.engine),
        (conditions.executors, launch.executor),
        (conditions.hardware, launch.hardware),
        (conditions.quants, launch.quant),
        (conditions.families, launch.family),
        (conditions.models, launch.model),
    )
    return all(not allowed or value in allowed for allowed, value in pairs)


def _sizes_agree(conditions: Conditions, launch: Situation) -> bool:
    return (
        (not conditions.nodes or launch.nodes in conditions.nodes)
        and (not conditions.several_nodes or launch.nodes > 1)
        and launch.tensor >= conditions.tensor
        and launch.pipeline >= conditions.pipeline
        and (conditions.expert is None or conditions.expert == (launch.expert > 1))
    )
