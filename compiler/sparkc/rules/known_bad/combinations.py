"""The catalog of known failures, held against a launch."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.catalog.known_bad import KnownBad, known_bad_for
from sparkc.findings import KeyPath
from sparkc.resolve.facts import Facts
from sparkc.resolve.service import situation_of
from sparkc.rules.rule import Complaint

KEY_OF_SETTING: dict[str, KeyPath] = {
    "cuda_graphs": ("serving", "cuda_graphs"),
    "load_format": ("serving", "load_format"),
    "tool_calls": ("serving", "tool_call_parser"),
    "speculative": ("serving", "speculative"),
    "draft_quantization": ("serving", "speculative"),
    "prefix_caching": ("serving", "prefix_caching"),
    "moe_backend": ("args", "moe-backend"),
    "interconnect": ("interconnect", "kind"),
    "topology": ("interconnect", "topology"),
    "moe_runner_backend": ("args", "moe-runner-backend"),
    "SGLANG_DISABLE_CUDA_GRAPH": ("env", "SGLANG_DISABLE_CUDA_GRAPH"),
}
"""Where the switches that the catalog speaks of stand in a spec."""


def complaints(facts: Facts, *, certain: bool) -> Iterator[Complaint]:
    """Yield what the catalog knows against a launch, proven or reported."""
    for entry in known_bad_for(situation_of(facts)):
        if entry.certain is certain:
            yield Complaint(
                _blamed(entry),
                f"found {_named(facts)}: {entry.reason} ({entry.evidence[0].link})",
                entry.way_out.rstrip("."),
            )


def _named(facts: Facts) -> str:
    layout = f"tensor {facts.tensor}, pipeline {facts.pipeline}"
    engine = f"{facts.engine.name} {facts.engine.version}"
    nodes = "one node" if len(facts.hosts) == 1 else f"{len(facts.hosts)} nodes"
    return f"{facts.family} {facts.quant} with {engine} on {nodes} ({layout})"


def _blamed(entry: KnownBad) -> KeyPath:
    """Return the key that a way out would change: the switch it is about, else the layout, else the model."""
    for setting, _ in entry.conditions.settings:
        if setting in KEY_OF_SETTING:
            return KEY_OF_SETTING[setting]
    if entry.conditions.pipeline > 1:
        return ("parallelism", "pipeline")
    if entry.conditions.expert:
        return ("parallelism", "expert")
    return ("quant",) if entry.conditions.quants else ("engine",)
