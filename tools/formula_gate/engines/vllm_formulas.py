"""Answer with vLLM's own code: `vllm_formulas.py FOLDER ANSWERS`, questions as JSON on standard input.

Runs in the gates' own environment, with the release in FOLDER and no GPU. Configurations are stand-ins that hold the
numbers of a question; every number in an answer comes out of a function, property or class of the release.
"""

from __future__ import annotations

import importlib
import inspect
import json
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

SHARED = Path(__file__).parent.parent.parent / "engine_releases"

# The layout that resolve_kv_cache_layout takes where no backend wishes for another.
LAYOUT = "LBNHC"

# Tokens between the states that FlashInfer's GDN prefill hands out (v1/attention/backends/gdn_attn.py).
GDN_CHECKPOINTS = 64


def main(release: str, file: str) -> None:
    """Write the answers."""
    sys.path[:0] = [release, str(SHARED)]
    standins = importlib.import_module("standins")
    standins.stand_in(standins.VLLM)
    logging.disable(logging.CRITICAL)
    questions = json.load(sys.stdin)
    engine = Engine()
    said = {
        "default_fraction": engine.default_fraction(),
        "usable_blocks": {str(count): engine.usable_blocks(count) for count in questions["block_counts"]},
        "requested": [engine.requested(*each) for each in questions["fractions"]],
        "caches": [engine.answer(question) for question in questions["caches"]],
    }
    Path(file).write_text(json.dumps(said), "utf-8")


def optional(name: str) -> ModuleType | None:
    """Return a module, or None where this release has none of that name."""
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as missing:
        if missing.name is None or not name.startswith(missing.name):
            raise
        return None


class Engine:
    """The functions of one release that memory depends on."""

    def __init__(self) -> None:
        self.interface = importlib.import_module("vllm.v1.kv_cache_interface")
        self.utils = importlib.import_module("vllm.v1.core.kv_cache_utils")
        # kv_cache_planning since 0.31, kv_cache_utils before.
        self.planning = optional("vllm.v1.core.kv_cache_planning") or self.utils
        self.mamba = importlib.import_module("vllm.model_executor.layers.mamba.mamba_utils")
        self.abstract = importlib.import_module("vllm.model_executor.layers.mamba.abstract")
        self.models = importlib.import_module("vllm.model_executor.models.config")
        self.attention = importlib.import_module("vllm.model_executor.layers.attention.attention")
        self.mla = importlib.import_module("vllm.model_executor.layers.attention.mla_attention")
        self.indexer = importlib.import_module("vllm.model_executor.models.deepseek_v2").DeepseekV32IndexerCache
        self.sparse = self.sparse_index()
        self.config = importlib.import_module("vllm.config")
        self.torch_utils = importlib.import_module("vllm.utils.torch_utils")
        self.torch = importlib.import_module("torch")
        self.backend = importlib.import_module("vllm.v1.attention.backends.flash_attn").FlashAttentionBackend
        self.packed_backend = importlib.import_module("vllm.v1.attention.backends.flashinfer").FlashInferBackend

    def sparse_index(self) -> ModuleType | None:
        """Return the module of MiniMax M3's side index, without its package, which asks for compiled code."""
        models = Path(next(iter(importlib.import_module("vllm").__path__))) / "models"
        if not (models / "minimax_m3" / "common" / "indexer.py").is_file():
            return None
        for name in ("minimax_m3", "minimax_m3.common"):
            package = ModuleType(f"vllm.models.{name}")
            package.__path__ = [str(models.joinpath(*name.split(".")))]
            sys.modules[package.__name__] = package
        return importlib.import_module("vllm.models.minimax_m3.common.indexer")

    # --- single numbers ----------------------------------------------------------------------------------------------

    def default_fraction(self) -> float:
        """Return the default of gpu_memory_utilization."""
        field = inspect.signature(self.config.CacheConfig).parameters["gpu_memory_utilization"].default
        return float(getattr(field, "default", field))

    def usable_blocks(self, count: int) -> int:
        """Return how many of a pool's blocks requests can get."""
        pool = importlib.import_module("vllm.v1.core.block_pool").BlockPool
        wanted = {"num_gpu_blocks": count, "enable_caching": False, "hash_block_size": 16}
        known = inspect.signature(pool).parameters
        return int(pool(**{name: value for name, value in wanted.items() if name in known}).get_num_free_blocks())

    def requested(self, total: int, fraction: float) -> int:
        """Return what is requested of a device's memory when all of it is free."""
        snapshot = SimpleNamespace(total_memory=total, free_memory=total, device_="cuda:0")
        cache = SimpleNamespace(gpu_memory_utilization=fraction)
        return int(importlib.import_module("vllm.v1.worker.utils").request_memory(snapshot, cache))

    # --- a cache -----------------------------------------------------------------------------------------------------

    def answer(self, question: dict[str, Any]) -> dict[str, Any]:  # Any: JSON
        """Return everything about one cache; `refused` where the engine refuses the model as a whole."""
        config = self.stand_in(question)
        state = self.state_bytes(config, question)
        self.align(config, question)
        workers = self.workers(config, question)
        try:
            groups = self.groups(config, workers)
        except NotImplementedError as refusal:
            return {"refused": str(refusal)}
        last = max(range(len(workers)), key=lambda rank: len(workers[rank]))
        own = self.planning._project_kv_cache_groups_to_worker(groups, workers[last])
        block = self.bytes_per_block(config, own)
        need = self.need(config, own)
        found = {
            "state_bytes": state,
            "caches_prefixes": config.cache_config.enable_prefix_caching,
            "block": config.cache_config.block_size,
            "bytes_per_block": block,
            "groups": len(own),
            "blocks_of_one_request": self.blocks_of_one_request(config, own),
            "need": need,
            "longest": self.longest(config, own, question["available"] - block, question["at_most"]),
        }
        found |= self.capacity(config, workers, groups, question["available"])
        found["takes_planned"] = self.takes(config, workers, groups, question["planned_least"], question["context"])
        found["takes_less"] = self.takes(config, workers, groups, question["planned_least"] - 1, question["context"])
        found["takes_fitted"] = question["fitted"] == 0 or self.takes(
            config, workers, groups, question["available"], question["fitted"]
        )
        found["takes_longer"] = self.takes(config, workers, groups, question["available"], question["one_block_more"])
        found["takes_offers"] = [self.takes(config, workers, groups, *offer) for offer in question["offers"]]
        return found

    def stand_in(self, question: dict[str, Any]) -> Any:  # Any: JSON, and something like a VllmConfig
        """Return a configuration with the numbers of a question; derived ones are the release's own properties."""
        shape, drafted = question["shape"], question["drafted"]
        is_hybrid, is_mla = bool(shape["state_layers"]), bool(shape["latent_dim"])
        properties = self.config.ModelConfig
        model = SimpleNamespace(
            max_model_len=question["context"],
            original_max_model_len=question["context"],
            dtype=self.torch.bfloat16,
            use_mla=is_mla,
            attn_type="hybrid" if is_hybrid else "decoder",
            pooler_config=None,
            is_hybrid=is_hybrid,
            architecture="StandIn",
            architectures=["StandIn"],
            supports_mamba_prefix_caching=shape["attention"] == "hybrid-mamba2",
            supports_kv_cache_grouping=False,
            registry=None,
            hf_config=SimpleNamespace(num_nextn_predict_layers=max(1, shape["mtp_layers"])),
            hf_text_config=SimpleNamespace(chunk_size=shape["state_chunk"]),
            get_total_num_kv_heads=lambda: shape["kv_heads"],
            model_arch_config=SimpleNamespace(total_num_kv_heads=shape["kv_heads"]),
            get_head_size=lambda: shape["latent_dim"] or shape["head_dim"],
        )
        model.get_num_kv_heads = lambda parallel: properties.get_num_kv_heads(model, parallel)
        model.get_mamba_chunk_size = lambda: properties.get_mamba_chunk_size(model)
        caching = question["prefix_caching"]
        if caching is None:
            caching = properties.is_prefix_caching_supported.fget(model)
        block = question["block_size"] or self.default_block()
        cache = SimpleNamespace(
            block_size=block,
            user_specified_block_size=question["block_size"] is not None,
            cache_dtype=question["kv_cache_dtype"],
            enable_prefix_caching=caching,
            mamba_cache_mode="none",
            mamba_block_size=None,
            mamba_page_size_padded=None,
            mamba_cache_dtype="auto",
            mamba_ssm_cache_dtype={4: "float32", 2: "auto"}[shape["state_width"]],
            num_gpu_blocks_override=None,
            skip_page_size_padded=None,
            kv_cache_dtype_skip_layers=[],
            prefix_cache_retention_interval=None,
            prefix_match_unit=None,
            calculate_kv_scales=False,
            user_specified_mamba_block_size=False,
            use_replayssm=False,
            use_kda_recoverssm=False,
            get_resolved_kv_cache_layout=self.layout,
        )
        config = SimpleNamespace(
            model_config=model,
            cache_config=cache,
            parallel_config=SimpleNamespace(
                tensor_parallel_size=question["tensor"],
                pipeline_parallel_size=question["pipeline"],
                decode_context_parallel_size=question["context_ranks"],
                prefill_context_parallel_size=1,
            ),
            scheduler_config=SimpleNamespace(
                max_num_batched_tokens=question["batched_tokens"],
                disable_hybrid_kv_cache_manager=False,
                async_scheduling=question["async_scheduling"],
                enable_chunked_prefill=True,
            ),
            attention_config=SimpleNamespace(backend=None, hisparse_config=None),
            speculative_config=self.speculation(question) if drafted else None,
            device_config=SimpleNamespace(device_type="cuda"),
            diffusion_config=None,
            kv_transfer_config=None,
            use_v2_model_runner=True,
        )
        config.num_speculative_tokens = drafted
        for name in ("max_concurrent_batches", "max_in_flight_tokens", "num_prefill_lookahead_tokens"):
            if hasattr(self.config.VllmConfig, name):
                setattr(config, name, getattr(self.config.VllmConfig, name).fget(config))
        return config

    def speculation(self, question: dict[str, Any]) -> Any:  # Any: JSON, and something like a SpeculativeConfig
        """Return something like the configuration of MTP."""
        layers = question["shape"]["mtp_layers"] if question["speculative"] == "mtp" else 0
        real = self.config.SpeculativeConfig
        told = SimpleNamespace(
            method="mtp" if layers else "ngram",
            num_speculative_tokens=question["drafted"],
            draft_model_config=SimpleNamespace(hf_config=SimpleNamespace(num_nextn_predict_layers=layers)),
            use_eagle=lambda: bool(layers),
            use_eagle_block_drop=lambda: False,
        )
        if hasattr(real, "use_multi_module_mtp"):
            told.use_multi_module_mtp = lambda: real.use_multi_module_mtp(told)
        return told

    def default_block(self) -> int:
        """Return the tokens of a block when none are asked for."""
        default = getattr(self.config.CacheConfig, "DEFAULT_BLOCK_SIZE", None)
        if default is None:
            # 16 is set on CUDA where the field is None (platforms/cuda.py, check_and_update_config).
            default = inspect.signature(self.config.CacheConfig).parameters["block_size"].default or 16
        return int(getattr(default, "default", default))

    def layout(self) -> Any:  # Any: an enum that only recent releases have
        """Return the layout of the cache in memory."""
        return importlib.import_module("vllm.v1.kv_cache_layout").KVCacheLayout[LAYOUT]

    # --- states ------------------------------------------------------------------------------------------------------

    def state_class(self, question: dict[str, Any]) -> Any:  # Any: JSON, and a model class
        """Return a model class that knows its state, by the calculators of the release."""
        shape, tensor, drafted = question["shape"], question["tensor"], question["drafted"]
        shapes, types = self.mamba.MambaStateShapeCalculator, self.mamba.MambaStateDtypeCalculator

        def of_shape(config: Any) -> Any:
            if shape["attention"] == "hybrid-mamba2":
                return shapes.mamba2_state_shape(
                    intermediate_size=shape["state_heads"] * shape["state_head_dim"],
                    tp_world_size=tensor,
                    n_groups=shape["state_groups"],
                    num_heads=shape["state_heads"],
                    head_dim=shape["state_head_dim"],
                    state_size=shape["state_size"],
                    conv_kernel=shape["conv_kernel"],
                    num_spec=drafted,
                )
            if shape["attention"] == "hybrid-kda":
                return shapes.kda_state_shape(
                    tensor,
                    shape["value_heads"],
                    shape["value_dim"],
                    conv_kernel_size=shape["conv_kernel"],
                    num_spec=drafted,
                )
            return shapes.gated_delta_net_state_shape(
                tensor,
                shape["key_heads"],
                shape["value_heads"],
                shape["key_dim"],
                shape["value_dim"],
                shape["conv_kernel"],
                drafted,
            )

        def of_type(config: Any) -> Any:
            name = {
                "hybrid-mamba2": "mamba2_state_dtype",
                "hybrid-kda": "kda_state_dtype",
                "hybrid-gdn": "gated_delta_net_state_dtype",
            }[shape["attention"]]
            calculate = getattr(types, name)
            cache = config.cache_config
            words = (config.model_config.dtype, cache.mamba_cache_dtype, cache.mamba_ssm_cache_dtype)
            return calculate(*words[: len(inspect.signature(calculate).parameters)])

        return type(
            "StandIn",
            (),
            {
                "get_mamba_state_shape_from_config": staticmethod(of_shape),
                "get_mamba_state_dtype_from_config": staticmethod(of_type),
            },
        )

    def state_bytes(self, config: Any, question: dict[str, Any]) -> int | None:
        """Return the bytes of one state; None where a model keeps none."""
        if not question["shape"]["state_layers"]:
            return None
        model = self.state_class(question)
        spec = self.interface.MambaSpec(
            shapes=tuple(model.get_mamba_state_shape_from_config(config)),
            dtypes=tuple(model.get_mamba_state_dtype_from_config(config)),
            block_size=-1,
        )
        return int(spec.page_size_bytes)

    def align(self, config: Any, question: dict[str, Any]) -> None:
        """Let the release stretch the block of a hybrid: its mode, then its block."""
        if not question["shape"]["state_layers"]:
            return
        model = self.state_class(question)
        registry = importlib.import_module("vllm.model_executor.models").ModelRegistry
        with (
            replaced(registry, "resolve_model_cls", lambda *words, **named: (model, "StandIn")),
            replaced(self.models.ModelRegistry, "resolve_model_cls", lambda *words, **named: (model, "StandIn"))
            if hasattr(self.models, "ModelRegistry")
            else replaced(registry, "resolve_model_cls", lambda *words, **named: (model, "StandIn")),
            self.checkpoints(config, question),
        ):
            hybrid = self.models.HybridAttentionMambaModelConfig
            hybrid.verify_and_update_config(config)
            platform = importlib.import_module("vllm.platforms.interface").Platform
            if hasattr(platform, "_align_hybrid_block_size"):
                backend = self.kernel_backend(config)
                with replaced(platform, "_find_non_ssm_backends", classmethod(lambda cls, config: [backend])):
                    platform._align_hybrid_block_size(config, backend)

    def kernel_backend(self, config: Any) -> Any:  # Any: an attention backend
        """Return a backend whose kernels take blocks of a multiple of 16 tokens, and that packs like FlashInfer."""
        is_packed = config.cache_config.cache_dtype == "nvfp4"
        backend = self.packed_backend if is_packed else self.backend
        multiple = importlib.import_module("vllm.v1.attention.backend").MultipleOf
        step = 64 if config.model_config.use_mla else 16
        return type(
            "StandIn", (backend,), {"get_supported_kernel_block_sizes": staticmethod(lambda *_: [multiple(step)])}
        )

    @contextmanager
    def checkpoints(self, config: Any, question: dict[str, Any]) -> Iterator[None]:
        """Let the layers of a hybrid say where its prefill can hand out states, as they would on GB10."""
        if not hasattr(self.abstract, "get_layers_from_vllm_config"):
            yield
            return
        hands_out = question["shape"]["attention"] == "hybrid-gdn" and question["shape"]["key_dim"] == 128
        hands_out = hands_out and config.cache_config.enable_prefix_caching
        layer = SimpleNamespace(get_prefill_checkpoint_alignment=lambda: GDN_CHECKPOINTS if hands_out else None)
        with replaced(self.abstract, "get_layers_from_vllm_config", lambda *_: {"layer": layer}):
            yield

    def state_spec(self, config: Any, question: dict[str, Any]) -> Any:  # Any: a MambaSpec
        """Return the spec of a layer that keeps states, from the layer's own method."""
        model = self.state_class(question)
        kind = question["shape"]["attention"]
        layer = self.state_layer(kind)
        bare = type(
            "StandIn",
            (layer,),
            {
                "__init__": lambda self: None,
                "__abstractmethods__": frozenset(),
                "get_state_shape": lambda self: tuple(model.get_mamba_state_shape_from_config(config)),
                "get_state_dtype": lambda self: tuple(model.get_mamba_state_dtype_from_config(config)),
                "mamba_type": {"hybrid-mamba2": "mamba2", "hybrid-kda": "gdn_attention"}.get(kind, "gdn_attention"),
                "is_kv_cache_tp_replicated": False,
                "_checkpoint_alignment": GDN_CHECKPOINTS
                if config.cache_config.mamba_cache_mode == "align" and question["shape"]["key_dim"] == 128
                else None,
                "vllm_config": config,
                "kda_prefill_backend": "flashkda",
            },
        )
        bare.__abstractmethods__ = frozenset()
        with self.checkpoints(config, question):
            return bare().get_kv_cache_spec(config)

    def state_layer(self, kind: str) -> Any:  # Any: a class of layers
        """Return the class of layers that keep states of a kind; the general one where the release has no other."""
        names = {
            "hybrid-mamba2": (("vllm.model_executor.layers.mamba.mamba_mixer2", "MambaMixer2"),),
            "hybrid-gdn": (
                ("vllm.model_executor.layers.mamba.gdn.qwen_gdn_linear_attn", "QwenGatedDeltaNetAttention"),
            ),
            "hybrid-kda": (("vllm.models.glm5next.common.kda", "Glm5NextLinearAttention"),),
        }[kind]
        for place, name in names:
            module = optional(place)
            if module is not None and hasattr(module, name):
                return getattr(module, name)
        return self.abstract.MambaBase

    # --- layers and groups -------------------------------------------------------------------------------------------

    def workers(self, config: Any, question: dict[str, Any]) -> list[dict[str, Any]]:  # Any: JSON; specs
        """Return the layers with a cache on each pipeline stage, by their own methods."""
        shape = question["shape"]
        full = self.full_spec(config, question)
        kinds: list[tuple[str, Any]] = []
        indices = importlib.import_module("vllm.distributed.utils").get_pp_indices
        total = question["attention_layers"]
        stages: list[dict[str, Any]] = []
        for rank in range(question["pipeline"]):
            first, end = indices(total, rank, question["pipeline"])
            kinds = [(f"full.{index}", full) for index in range(first, end)]
            is_last = rank == question["pipeline"] - 1
            kinds += [(f"draft.{index}", full) for index in range(question["draft_layers"] if is_last else 0)]
            stages.append(dict(kinds))
        if shape["sliding_layers"]:
            sliding = self.sliding_spec(config, question)
            stages[0] |= {f"sliding.{index}": sliding for index in range(shape["sliding_layers"])}
        if shape["state_layers"]:
            state = self.state_spec(config, question)
            stages[0] |= {f"state.{index}": state for index in range(shape["state_layers"])}
        if shape["index_layers"]:
            index_spec = self.index_spec(config, question)
            stages[0] |= {f"index.{index}": index_spec for index in range(shape["index_layers"])}
        return stages

    def full_spec(self, config: Any, question: dict[str, Any]) -> Any:  # Any: JSON; a spec
        """Return the spec of a layer that sees the whole context."""
        shape = question["shape"]
        if shape["latent_dim"]:
            layer = SimpleNamespace(
                kv_cache_dtype=question["kv_cache_dtype"],
                head_size=shape["latent_dim"],
                sliding_window=None,
                topk_buffer_width=None,
                indexer=None,
                non_causal_multi_token_decode=False,
            )
            return self.mla.MLAAttention.get_kv_cache_spec(layer, config)
        heads = self.heads(config, shape["kv_heads"])
        return self.attention_spec(config, question, heads, shape["head_dim"], shape["v_head_dim"], None)

    def sliding_spec(self, config: Any, question: dict[str, Any]) -> Any:  # Any: JSON; a spec
        """Return the spec of a layer that sees a window."""
        shape = question["shape"]
        heads = self.heads(config, shape["sliding_kv_heads"] or shape["kv_heads"])
        width = shape["sliding_head_dim"] or shape["head_dim"]
        wide = shape["sliding_v_head_dim"] or (0 if shape["sliding_head_dim"] else shape["v_head_dim"])
        return self.attention_spec(config, question, heads, width, wide, shape["window"])

    def attention_spec(
        self, config: Any, question: dict[str, Any], heads: int, width: int, wide: int, window: Any
    ) -> Any:
        """Return the spec of a layer of ordinary attention, as its backend packs it."""
        decoder = importlib.import_module("vllm.v1.attention.backend").AttentionType.DECODER
        name = question["kv_cache_dtype"]
        backend = self.kernel_backend(config)
        layer = SimpleNamespace(
            attn_type=decoder,
            sliding_window=window,
            num_kv_heads=heads,
            head_size=width,
            head_size_v=wide or width,
            kv_cache_dtype=name,
            kv_cache_torch_dtype=self.torch_utils.kv_cache_dtype_str_to_dtype(name, config.model_config),
            attn_backend=backend,
        )
        spec = self.attention.Attention.get_kv_cache_spec(layer, config)
        return backend.customize_spec(spec) if hasattr(backend, "customize_spec") else spec

    def index_spec(self, config: Any, question: dict[str, Any]) -> Any:  # Any: JSON; a spec
        """Return the spec of the side index of one layer."""
        width, cache = question["shape"]["index_dim"], config.cache_config
        if question["shape"]["latent_dim"]:
            # Values of 8 bits and a scale of 32 bits for every 128 (models/deepseek_v2.py, Indexer).
            layer = SimpleNamespace(cache_config=cache, head_dim=width + width // 128 * 4, dtype=self.torch.uint8)
            return self.indexer.get_kv_cache_spec(layer, config)
        layer = SimpleNamespace(cache_config=cache, head_dim=width, dtype=self.torch.bfloat16)
        return self.sparse.MiniMaxM3IndexerCache.get_kv_cache_spec(layer, config)

    def heads(self, config: Any, heads: int) -> int:
        """Return the KV heads of one rank, by the release's own rule."""
        counted = SimpleNamespace(total_num_kv_heads=heads)
        model = SimpleNamespace(use_mla=False, get_total_num_kv_heads=lambda: heads, model_arch_config=counted)
        return int(self.config.ModelConfig.get_num_kv_heads(model, config.parallel_config))

    def groups(self, config: Any, workers: list[dict[str, Any]]) -> list[Any]:
        """Return the groups of the whole model."""
        if hasattr(self.planning, "get_global_kv_cache_groups"):
            return self.planning.get_global_kv_cache_groups(config, workers)
        merged = {name: spec for worker in workers for name, spec in worker.items()}
        ahead = max(0, getattr(config, "num_prefill_lookahead_tokens", 0) - 1)
        if ahead and hasattr(self.interface.SlidingWindowSpec, "extra_retained_tokens"):
            # get_kv_cache_configs does this before it groups (0.28 to 0.30).
            merged = {name: self.retaining(spec, ahead) for name, spec in merged.items()}
        return self.planning.get_kv_cache_groups(config, merged)

    def retaining(self, spec: Any, tokens: int) -> Any:
        """Return a spec whose window keeps more tokens; another spec as it is."""
        if not isinstance(spec, self.interface.SlidingWindowSpec):
            return spec
        return importlib.import_module("dataclasses").replace(spec, extra_retained_tokens=tokens)

    # --- amounts -----------------------------------------------------------------------------------------------------

    def builder(self, config: Any) -> tuple[Any, ...]:
        """Return the builder where the release's functions take one."""
        module = optional("vllm.v1.core.kv_cache_config_builder")
        return () if module is None else (module.get_kv_cache_config_builder(config),)

    def bytes_per_block(self, config: Any, groups: list[Any]) -> int:
        """Return the bytes of one block: what a cache of one block more is larger by."""
        if hasattr(self.planning, "_pool_bytes_per_block"):
            count = self.planning._pool_bytes_per_block
            # Some releases take the groups only.
            return int(count(*(config, groups)[-len(inspect.signature(count).parameters) :]))
        size = max(len(group.layer_names) for group in groups)
        spec = groups[0].kv_cache_spec
        is_uniform = len(groups) == 1 and isinstance(spec, self.interface.UniformTypeKVCacheSpecs)
        return int(spec.page_size_bytes * (1 if is_uniform else size))

    def blocks_of_one_request(self, config: Any, groups: list[Any]) -> int:
        """Return the blocks that the concurrency is counted in, out of the release's own concurrency."""
        held = SimpleNamespace(num_blocks=10**9, kv_cache_groups=groups, hisparse_host_num_blocks=None)
        return round(10**9 / self.utils.get_max_concurrency_for_kv_cache_config(config, held))

    def need(self, config: Any, groups: list[Any]) -> int:
        """Return the bytes that a refusal names."""
        return int(self.planning._max_memory_usage_bytes_from_groups(*self.builder(config), config, groups))

    def longest(self, config: Any, groups: list[Any], available: int, at_most: int) -> int:
        """Return the estimated maximum model length, never above `at_most`."""
        with replaced(config.model_config, "max_model_len", at_most):
            estimate = self.planning._estimate_max_model_len_from_groups
            return int(estimate(*self.builder(config), config, groups, available))

    def configs(self, config: Any, workers: list[dict[str, Any]], groups: list[Any], available: int) -> list[Any]:
        """Return the caches of all workers; raises ValueError where the release refuses."""
        copies = [dict(worker) for worker in workers]
        words: tuple[Any, ...] = (config, copies, [available] * len(workers))
        if "global_kv_cache_groups" in inspect.signature(self.planning.get_kv_cache_configs).parameters:
            words = (*words, groups)
        return self.planning.get_kv_cache_configs(*words)

    def takes(
        self, config: Any, workers: list[dict[str, Any]], groups: list[Any], available: int, context: int
    ) -> bool:
        """Tell whether the release starts with so many bytes for a cache, at a context."""
        with replaced(config.model_config, "max_model_len", context):
            try:
                self.configs(config, workers, groups, available)
            except ValueError as refusal:
                if "cache" not in str(refusal):
                    raise
                return False
        return True

    def capacity(self, config: Any, workers: list[dict[str, Any]], groups: list[Any], available: int) -> dict[str, Any]:
        """Return blocks, tokens and concurrency of a cache, as the log tells them; nothing when it is refused."""
        try:
            with replaced(config.model_config, "original_max_model_len", config.model_config.max_model_len):
                held = self.configs(config, workers, groups, available)[0]
        except ValueError:
            return {"num_blocks": None, "tokens": None, "concurrency": None}
        concurrency = self.utils.get_max_concurrency_for_kv_cache_config(config, held)
        return {"num_blocks": held.num_blocks, "tokens": self.tokens(config, held), "concurrency": concurrency}

    def tokens(self, config: Any, held: Any) -> int:
        """Return the tokens that the log tells."""
        if hasattr(self.utils, "get_kv_cache_capacity"):
            return int(self.utils.get_kv_cache_capacity(config, held)[0])
        lines: list[tuple[Any, ...]] = []
        with replaced(self.utils.logger, "info_once", lambda *words, **_: lines.append(words)):
            self.utils._report_kv_cache_config(config, held)
        return next(int(line[1].replace(",", "")) for line in lines if "KV cache size: %s tokens" in line[0])


@contextmanager
def replaced(owner: Any, name: str, value: Any) -> Iterator[None]:
    """Put a value in the place of an attribute, for a while."""
    had = name in vars(owner)
    before = vars(owner).get(name)
    setattr(owner, name, value)
    try:
        yield
    finally:
        if had:
            setattr(owner, name, before)
        else:
            delattr(owner, name)


if __name__ == "__main__":
    main(*sys.argv[1:])
