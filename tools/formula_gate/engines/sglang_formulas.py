"""Answer with SGLang's own code: `sglang_formulas.py FOLDER ANSWERS`, questions as JSON on standard input.

Runs in the gates' own environment, with the release in FOLDER and no GPU. Runners are stand-ins that hold the numbers
of a question; every number in an answer comes out of a function or class of the release.
"""

from __future__ import annotations

import importlib
import json
import logging
import sys
import typing
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

SHARED = Path(__file__).parent.parent.parent / "engine_releases"
GIB = 2**30


def main(release: str, file: str) -> None:
    """Write the answers."""
    sys.path[:0] = [release, str(SHARED)]
    standins = importlib.import_module("standins")
    standins.stand_in(standins.SGLANG)
    standins.register_configurations_twice()
    logging.disable(logging.CRITICAL)
    questions = json.load(sys.stdin)
    said = {
        "pools": [pool(question) for question in questions["caches"]],
        "left": [left(question) for question in questions["budgets"]],
        "balanced": [balanced(*each) for each in questions["balances"]],
    }
    Path(file).write_text(json.dumps(said), "utf-8")


def pool(question: dict[str, Any]) -> dict[str, int]:  # Any: JSON
    """Return the bytes of a token and the tokens of a pool."""
    shape, torch = question["shape"], importlib.import_module("torch")
    module = importlib.import_module("sglang.srt.model_executor.pool_configurator")
    kinds = {"auto": torch.bfloat16, "bfloat16": torch.bfloat16, "fp8_e4m3": torch.float8_e4m3fn}
    tensor = question["tensor"]
    real = importlib.import_module("sglang.srt.configs.model_config").ModelConfig
    plain = SimpleNamespace(architectures=["StandIn"], model_type="stand-in")
    model = SimpleNamespace(
        hf_config=plain,
        hf_text_config=plain,
        kv_lora_rank=shape["latent_dim"],
        qk_rope_head_dim=0,
        head_dim=shape["head_dim"],
        v_head_dim=shape["v_head_dim"] or shape["head_dim"],
        get_total_num_kv_heads=lambda: shape["kv_heads"],
        is_draft_model=False,
    )
    model.get_num_kv_heads = lambda *ranks: real.get_num_kv_heads(model, *ranks)
    runner = SimpleNamespace(
        model_config=model,
        kv_cache_dtype=kinds[question["kv_cache_dtype"]],
        kv_cache_dtype_str=question["kv_cache_dtype"],
        use_mla_backend=bool(shape["latent_dim"]),
        server_args=SimpleNamespace(enable_hisparse=False),
        is_draft_worker=False,
    )
    configurator = module.DefaultPoolConfigurator.__new__(module.DefaultPoolConfigurator)
    configurator.kv_cache_dtype_str = question["kv_cache_dtype"]
    parallel = SimpleNamespace(attn_tp_size=tensor, attn_dcp_size=1)
    with ExitStack() as stack:
        stack.enter_context(present(module, "get_attention_tp_size", lambda: tensor))
        stack.enter_context(present(module, "get_parallel", lambda: parallel))
        split = optional("sglang.srt.layers.cp.utils")
        if split is not None:
            name = "get_glm_dsa_layer_split_effective_num_layers"
            stack.enter_context(present(split, name, lambda runner, layers: layers))
        cell = configurator._compute_cell_size(runner, question["attention_layers"])
    configurator._cell_size = cell
    configurator._fixed_overhead_bytes = 0
    return {"cell": cell, "tokens": configurator.calculate_pool_sizes(question["available"], 1).max_total_num_tokens}


def left(question: dict[str, Any]) -> int:  # Any: JSON
    """Return what is left for the pool of tokens, in bytes."""
    before, after = question["before"] / GIB, question["after"] / GIB
    state = question["state_bytes"]
    params = SimpleNamespace(mamba_cache_per_req=state, layers=[0])
    config = SimpleNamespace(mamba2_cache_params=params) if state else None
    module = optional("sglang.srt.mem_cache.kv_cache_configurator")
    settings = SimpleNamespace(
        mem_fraction_static=question["fraction"],
        prefill_max_requests=None,
        max_mamba_cache_size=None,
        max_running_requests=None,
        mamba_full_memory_ratio=ratio(),
        disable_radix_cache=False,
        enable_dp_attention=False,
    )
    owner = SimpleNamespace(
        device="cuda",
        gpu_id=0,
        mambaish_config=config,
        server_args=settings,
        mem_fraction_static=question["fraction"],
        spec_algorithm=SimpleNamespace(is_none=lambda: True),
        model_config=SimpleNamespace(is_multimodal=False, num_hidden_layers=1),
        post_capture_kv_active=False,
        pp_size=1,
        hybrid_gdn_config=None,
        hybrid_kda_config=None,
        extra_mamba_cache_bytes_per_req=0,
        fused_entry_bytes=lambda name: None,
        attn_dp_size=1,
    )
    group = SimpleNamespace(world_size=1, cpu_group=None)
    with ExitStack() as stack:
        if module is None or not hasattr(module.KVCacheConfigurator, "_profile_available_bytes"):
            module = importlib.import_module("sglang.srt.model_executor.model_runner_kv_cache_mixin")
            kind = module.ModelRunnerKVCacheMixin
            stack.enter_context(present(module, "get_world_group", lambda: group))
            owner.handle_max_mamba_cache = lambda rest: kind.handle_max_mamba_cache(owner, rest)
        else:
            kind = module.KVCacheConfigurator
            for name, value in contexts(settings).items():
                stack.enter_context(present(module, name, value))
            owner._handle_max_mamba_cache = lambda rest: kind._handle_max_mamba_cache(owner, rest)
        stack.enter_context(present(module, "get_available_gpu_memory", lambda *_, **__: after))
        return int(kind._profile_available_bytes(owner, before))


def contexts(settings: SimpleNamespace) -> dict[str, Any]:  # Any: functions
    """Return the readers of settings that 0.5.23 has in the place of server_args."""
    graph = SimpleNamespace(
        cuda_graph_config=SimpleNamespace(prefill=SimpleNamespace(full_prefill_max_req=None, backend=None))
    )
    mamba = SimpleNamespace(enable_linear_replayssm_spec=False)

    def override(why: str, **values: Any) -> None:
        vars(settings).update(values)

    return {
        "get_schedule": lambda: settings,
        "get_parallel": lambda: SimpleNamespace(
            launch_world_size=1, world_group=SimpleNamespace(cpu_group=None), pp_size=1
        ),
        "get_exec": lambda: SimpleNamespace(graph=graph, mamba=mamba),
        "get_disagg": lambda: SimpleNamespace(disaggregation_mode="null"),
        "get_memory": lambda: settings,
        "get_mm": lambda: SimpleNamespace(mm_feature_transport=None),
        "get_context": lambda: SimpleNamespace(override=override),
    }


def ratio() -> float:
    """Return the default of mamba_full_memory_ratio."""
    fields = optional("sglang.srt.arg_groups.fields.schedule")
    if fields is None:
        return float(importlib.import_module("sglang.srt.server_args").ServerArgs.mamba_full_memory_ratio)
    owners = (
        value for value in vars(fields).values() if "mamba_full_memory_ratio" in getattr(value, "__annotations__", {})
    )
    hints = typing.get_type_hints(next(owners), include_extras=True)
    return float(hints["mamba_full_memory_ratio"].__metadata__[0].fallback)


def balanced(least: int, own: int) -> bool | None:
    """Tell whether ranks are taken for alike; None where the release has no function for it."""
    module = optional("sglang.srt.distributed.bootstrap")
    if module is None or not hasattr(module, "_check_tp_memory_balance"):
        return None
    try:
        module._check_tp_memory_balance(pre_model_load_memory=least / GIB, local_gpu_memory=own / GIB)
    except RuntimeError:
        return False
    return True


def optional(name: str) -> ModuleType | None:
    """Return a module, or None where this release has none of that name."""
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as missing:
        if missing.name is None or not name.startswith(missing.name):
            raise
        return None


@contextmanager
def present(owner: Any, name: str, value: Any) -> Iterator[None]:
    """Put a value in the place of an attribute, for a while; nothing where there is none of that name."""
    if not hasattr(owner, name):
        yield
        return
    before = getattr(owner, name)
    setattr(owner, name, value)
    try:
        yield
    finally:
        setattr(owner, name, before)


if __name__ == "__main__":
    main(*sys.argv[1:])
