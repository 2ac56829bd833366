"""What is known of a launch when a fact of the catalog is held against it."""

from __future__ import annotations

from dataclasses import dataclass

SWITCHES = {
    "cuda_graphs": "off, none (compiles all the same), default, piecewise, full, full_decode_only, full_and_piecewise",
    "load_format": "as the engine spells it",
    "speculative": "the method in the engine's word, none without drafts",
    "draft_quantization": "as the engine spells it, or unstated; only where drafts come from a model of their own",
    "kv_connector": "as the engine spells it; only where prefill and decode are apart",
    "interconnect": "roce, tcp",
    "prefix_caching": "on, off, default",
    "moe_backend": "as vLLM spells it; only where one is named",
    "moe_runner_backend": "as SGLang spells it; only where one is named",
    "SGLANG_DISABLE_CUDA_GRAPH": "value of the variable",
}
"""Settings that facts may depend on, and what they may be. Data that asks for another fails a test."""


@dataclass(frozen=True)
class Situation:
    """A launch, seen from the catalog. None means unknown, not absent.

    Args:
        family: model family of the catalog; None for a model that it does not know.
        nccl: NCCL version in the image, when someone stated it.
        model: Hub id of the checkpoint.
        forked: the author declares a fork of the engine.
        settings: switches of `SWITCHES` with their values; one that is left out agrees with no fact that asks for it.
    """

    engine: str
    engine_version: str | None
    executor: str
    hardware: str
    nodes: int
    tensor: int
    pipeline: int
    expert: int
    quant: str
    family: str | None
    nccl: str | None = None
    model: str | None = None
    forked: bool = False
    settings: tuple[tuple[str, str], ...] = ()

    def setting(self, key: str) -> str | None:
        """Return a switch, or None when nothing is known of it."""
        return dict(self.settings).get(key)


@dataclass(frozen=True)
class Conditions:
    """When a fact holds: every field that is given must agree.

    Args:
        engine_versions: PEP 440 range; a version that cannot be compared counts as inside.
        nccl_versions: PEP 440 range; an unknown NCCL counts as inside.
        nodes: exact numbers of nodes; empty for any.
        several_nodes: True for more than one node only.
        tensor, pipeline: at least so many.
        stock: True for the engine as it was released: what a declared fork brings is not known here.
        expert: True with expert parallelism, False without.
        settings: switch and the values it may have; an unknown switch does not agree.
    """

    engines: tuple[str, ...] = ()
    engine_versions: str = ""
    executors: tuple[str, ...] = ()
    hardware: tuple[str, ...] = ()
    quants: tuple[str, ...] = ()
    families: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    nccl_versions: str = ""
    nodes: tuple[int, ...] = ()
    several_nodes: bool = False
    tensor: int = 1
    pipeline: int = 1
    stock: bool = False
    expert: bool | None = None
    settings: tuple[tuple[str, tuple[str, ...]], ...] = ()
