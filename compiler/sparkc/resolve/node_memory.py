"""Ask the planner how each node's memory divides, with the settings of this launch."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from sparkc.catalog.models import Boot
from sparkc.plan import MemoryCheck, NodeMemory
from sparkc.resolve.draft import Draft, HostDraft
from sparkc.resolve.facts import Facts
from sparkc.resolve.memory import plan_memory
from sparkc.resolve.memory.request import Alternative, Measurement, MemoryRequest, NodeRequest
from sparkc.spec.sizes import GIB

# A machine that the catalog does not know still needs a size to draw; every predicate then answers "unknown".
UNKNOWN_TOTAL = GIB

RAY_THRESHOLD = 0.95
"""Share of a node's memory at which Ray kills a worker (ray 2.54.0, RAY_memory_usage_threshold)."""

CACHE_OF_QUANT = {"w8a8c8": "int8"}
"""Checkpoints that bring the type of their KV cache along (vllm-ascend 0.21.0rc1, quantization/methods/kv_c8.py)."""


def decide_memory(draft: Draft) -> Draft:
    """Fill in each host's `memory`."""
    request = memory_request(draft.facts, draft.hosts)
    memories = plan_memory(request)
    if draft.facts.hardware is None:
        memories = tuple(_unanswered(memory) for memory in memories)
    hosts = tuple(replace(host, memory=memory) for host, memory in zip(draft.hosts, memories, strict=True))
    return replace(draft, hosts=hosts)


def _unanswered(memory: NodeMemory) -> NodeMemory:
    """Take back every answer: they were about a machine of a size that nobody knows."""
    why = "the machine is not in the catalog, so its memory is not known"
    checks = tuple(
        MemoryCheck(check.name, "unknown", found=None, wanted=None, explanation=why) for check in memory.checks
    )
    return replace(memory, checks=checks, needed_free=None)


def memory_request(facts: Facts, hosts: tuple[HostDraft, ...]) -> MemoryRequest:
    """Return the planner's question about a launch."""
    serving = facts.serving
    part = facts.memory
    hardware = facts.hardware
    knows = hardware is not None
    return MemoryRequest(
        nodes=tuple(_node(facts, host) for host in hosts),
        shape=facts.shape if knows else None,
        weight_bytes=facts.weight_bytes if knows else None,
        quant=facts.quant,
        engine=facts.engine.name or "vllm",
        engine_version=None if facts.engine.version == "unknown" else facts.engine.version,
        executor=facts.executor,
        tensor=facts.tensor,
        pipeline=facts.pipeline,
        # Ranks of another prefill context group hold the same layers as those of another data parallel one, and share
        # the experts with them (vllm 0.21.0, vllm/distributed/parallel_state.py).
        data=facts.data * facts.prefill_context,
        expert=facts.expert,
        fraction=part.gpu_memory_utilization or part.mem_fraction_static,
        kv_cache_memory_bytes=part.kv_cache_memory_bytes,
        kv_cache_dtype=serving.kv_cache_dtype or CACHE_OF_QUANT.get(facts.quant, "auto"),
        max_model_len=serving.max_model_len,
        max_num_seqs=serving.max_num_seqs,
        max_num_batched_tokens=serving.max_num_batched_tokens,
        cuda_graphs=(facts.graph_mode or "default") not in ("off", "none"),
        load_format=serving.load_format,
        context_ranks=(_argument(facts, "decode-context-parallel-size") or 1) * facts.prefill_context,
        block_size=_argument(facts, "block-size"),
        prefix_caching=serving.prefix_caching,
        async_scheduling=_switch(facts, "async-scheduling"),
        speculative=_speculation(facts),
        speculative_tokens=(serving.speculative.num_speculative_tokens or 0) if serving.speculative else 0,
        draft_weight_bytes=facts.draft_bytes if knows else None,
        draft_shape=facts.draft_shape if knows else None,
        ray_threshold=_ray_threshold(facts),
        measurement=_measurement(facts),
        alternatives=_alternatives(facts),
    )


def _measurement(facts: Facts) -> Measurement | None:
    """Return the boot that the spec states, else one of this checkpoint in the catalog with as many ranks."""
    stated = facts.model.measurement
    if stated is not None:
        return Measurement(
            total=stated.total,
            fraction=stated.gpu_memory_utilization,
            kv_bytes=stated.available_kv,
            source=stated.source,
            weights=stated.weights,
            graphs=stated.graphs,
            max_num_batched_tokens=stated.max_num_batched_tokens,
            tensor=stated.tensor,
        )
    boots = facts.checkpoint.boots if facts.checkpoint and facts.serving.speculative is None else ()
    return next((_measured(boot) for boot in boots if _is_like(boot, facts)), None)


def _is_like(boot: Boot, facts: Facts) -> bool:
    return (boot.hardware, boot.engine, boot.tensor, 1) == (
        facts.nodes.hardware,
        facts.engine.name,
        facts.tensor,
        facts.pipeline * facts.data,
    )


def _measured(boot: Boot) -> Measurement:
    return Measurement(
        total=boot.total,
        fraction=boot.fraction,
        kv_bytes=boot.kv_bytes,
        source=f"{boot.evidence.link} {boot.evidence.where}".strip(),
        weights=boot.weights,
        graphs=boot.graphs,
        max_num_batched_tokens=boot.max_num_batched_tokens,
        tensor=boot.tensor,
    )


def _node(facts: Facts, host: HostDraft) -> NodeRequest:
    hardware = facts.hardware
    cap = facts.ray.object_store_memory
    return NodeRequest(
        name=host.facts.name,
        total=host.facts.host.memory or (hardware.memory_bytes if hardware else UNKNOWN_TOTAL),
        unified=facts.is_unified,
        reserved=sum(entry.bytes for entry in host.reservations),
        object_store=(cap if isinstance(cap, int) else None) if facts.uses_ray else 0,
        shared_memory=_shared_memory(host),
        ranks=max(1, facts.world_size // len(facts.hosts)),
    )


def _shared_memory(host: HostDraft) -> int | None:
    """Return the bytes of the container's own /dev/shm; None where it has the host's."""
    container = host.facts.container
    if container.shm_size is not None:
        return int(container.shm_size)
    return None if container.ipc in (None, "host") else _DOCKER_SHARED_MEMORY


_DOCKER_SHARED_MEMORY = 64 * 2**20
"""What Docker gives a container that neither shares the host's nor names a size (docker run, --shm-size)."""


def _speculation(facts: Facts) -> Literal["none", "ngram", "mtp", "draft"]:
    speculative = facts.serving.speculative
    if speculative is None:
        return "none"
    method = (speculative.method or "").lower()
    if method == "ngram":
        return "ngram"
    # SGLang's NEXTN, which it also calls EAGLE, drafts with layers of the checkpoint unless it is given a draft model.
    own_layers = facts.engine.name == "sglang" and method in ("nextn", "eagle")
    if own_layers and speculative.model is None and "draft_model_path" not in (speculative.options or {}):
        return "mtp"
    return "mtp" if method.endswith("mtp") else "draft"


def _argument(facts: Facts, name: str) -> int | None:
    """Return a whole number that `args` give to a flag."""
    number = facts.argument(name)
    return int(number) if isinstance(number, int) and not isinstance(number, bool) else None


def _switch(facts: Facts, name: str) -> bool | None:
    """Return whether `args` switch a flag on or off; None when they leave it."""
    value = facts.argument(name)
    return value if isinstance(value, bool) else None


def _ray_threshold(facts: Facts) -> float | None:
    """Return at which share Ray kills, or None when its monitor is off or there is no Ray."""
    env = facts.spec.env or {}
    if not facts.uses_ray or env.get("RAY_memory_monitor_refresh_ms") == "0":
        return None
    stated = env.get("RAY_memory_usage_threshold")
    try:
        return float(stated) if isinstance(stated, str) else RAY_THRESHOLD
    except ValueError:
        return RAY_THRESHOLD


def _alternatives(facts: Facts) -> tuple[Alternative, ...]:
    if facts.known_model is None:
        return ()
    own = facts.weight_bytes or 0
    return tuple(
        Alternative(checkpoint.id, checkpoint.quant, checkpoint.weight_bytes)
        for checkpoint in facts.known_model[0].checkpoints
        if checkpoint.weight_bytes is not None and checkpoint.weight_bytes < own
    )
