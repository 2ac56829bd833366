"""vLLM's words (0.18.1 where no other version is named), which vLLM-Ascend shares."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from sparkc.plan import Marker, Setting
from sparkc.resolve.draft import Draft, HostDraft, decided, looked_up
from sparkc.resolve.engines.values import as_json
from sparkc.resolve.engines.words import ApiKey, Bench, Cache, EngineWords, Switch, Unsaid
from sparkc.resolve.facts import Facts
from sparkc.spec import DraftModel

CONFIG_LINE_SOURCE = "vllm 0.18.1, vllm/config/vllm.py, VllmConfig.__str__, logged by vllm/v1/engine/core.py"
NVFP4_SOURCE = "vllm 0.18.1, vllm/model_executor/layers/fused_moe/oracle/nvfp4.py"

MASTER_PORT = 29501
"""Rendezvous of vLLM's own multi-node mode (vllm 0.18.1, vllm/engine/arg_utils.py, `--master-port`)."""

# vLLM 0.18.1, vllm/engine/arg_utils.py and vllm/entrypoints/openai/cli_args.py.
PLAIN_FLAGS: tuple[tuple[tuple[str, ...], str], ...] = (
    (("serving", "host"), "--host"),
    (("serving", "port"), "--port"),
    (("serving", "served_model_name"), "--served-model-name"),
    (("quant", "method"), "--quantization"),
    (("serving", "memory", "gpu_memory_utilization"), "--gpu-memory-utilization"),
    (("serving", "memory", "kv_cache_memory_bytes"), "--kv-cache-memory-bytes"),
    (("serving", "max_model_len"), "--max-model-len"),
    (("serving", "max_num_batched_tokens"), "--max-num-batched-tokens"),
    (("serving", "max_num_seqs"), "--max-num-seqs"),
    (("serving", "load_format"), "--load-format"),
    (("serving", "kv_cache_dtype"), "--kv-cache-dtype"),
    (("serving", "reasoning_parser"), "--reasoning-parser"),
)

# `--no-…` parses in every version from 0.11.0 to 0.33.0, also where 0.33 prefers `--disable-…` (facts read from the
# releases' own parsers).
SWITCHES = (
    Switch(("model", "trust_remote_code"), "--trust-remote-code", "--no-trust-remote-code"),
    Switch(("serving", "prefix_caching"), "--enable-prefix-caching", "--no-enable-prefix-caching"),
    Switch(("serving", "chunked_prefill"), "--enable-chunked-prefill", "--no-enable-chunked-prefill"),
)

GRAPH_MODES = {
    "none": "NONE",
    "piecewise": "PIECEWISE",
    "full": "FULL",
    "full_decode_only": "FULL_DECODE_ONLY",
    "full_and_piecewise": "FULL_AND_PIECEWISE",
}


def _parallelism(draft: Draft) -> Iterator[Setting]:
    facts = draft.facts
    why = draft.reasons.why
    yield Setting(
        "--tensor-parallel-size",
        str(facts.tensor),
        why("parallelism", "tensor")
        if facts.parallelism.tensor
        else decided("parallelism", "one accelerator, so one tensor parallel rank"),
    )
    if facts.pipeline > 1:
        yield Setting("--pipeline-parallel-size", str(facts.pipeline), why("parallelism", "pipeline"))
    if facts.parallelism.data is not None:
        yield Setting("--data-parallel-size", str(facts.data), why("parallelism", "data"))
    if facts.expert > 1:
        yield Setting("--enable-expert-parallel", None, why("parallelism", "expert"))
    if facts.spans_nodes:
        yield Setting(
            "--distributed-executor-backend",
            facts.executor,
            why("engine", "executor")
            if facts.engine.executor
            else decided(
                "executor", f"{len(facts.hosts)} nodes: said aloud, because without it ranks stay on one node"
            ),
        )


def _graphs(draft: Draft) -> Iterator[Setting]:
    mode = draft.facts.serving.cuda_graphs
    if mode is None or mode == "default":
        return
    why = draft.reasons.why("serving", "cuda_graphs")
    if mode == "off":
        yield Setting("--enforce-eager", None, why)
    else:
        yield Setting("--compilation-config", as_json({"cudagraph_mode": GRAPH_MODES[mode]}), why, structured=True)


def _tool_calls(draft: Draft) -> Iterator[Setting]:
    parser = draft.facts.serving.tool_call_parser
    if parser is None:
        return
    yield Setting(
        "--enable-auto-tool-choice",
        None,
        decided("tool-calls", f"serving.tool_call_parser is {parser}: without this flag tool calls stay text"),
    )
    yield Setting("--tool-call-parser", parser, draft.reasons.why("serving", "tool_call_parser"))


def _speculation(draft: Draft) -> Iterator[Setting]:
    speculative = draft.facts.serving.speculative
    if speculative is None:
        return
    config: dict[str, Any] = {}  # Any: JSON
    if speculative.method is not None:
        config["method"] = speculative.method
    if speculative.num_speculative_tokens is not None:
        config["num_speculative_tokens"] = speculative.num_speculative_tokens
    if speculative.model is not None:
        config.update(_draft_model(draft, speculative.model))
    config.update(speculative.options or {})
    yield Setting("--speculative-config", as_json(config), draft.reasons.why("serving", "speculative"), structured=True)


def _draft_model(draft: Draft, model: DraftModel) -> Iterator[tuple[str, str]]:
    """Yield what the engine is told about the draft model (0.18.1 to 0.33.0, vllm/config/speculative.py)."""
    if model.path is not None:
        yield "model", draft.hosts[0].facts.on_node(model.path)
    elif model.id is not None:
        yield "model", model.id
        if model.revision is not None:
            yield "revision", model.revision


def _node_arguments(draft: Draft, host: HostDraft) -> Iterator[Setting]:
    head = draft.hosts[0].fabric.address
    yield Setting("--nnodes", str(len(draft.hosts)), decided("executor", f"{len(draft.hosts)} hosts in the spec"))
    yield Setting(
        "--node-rank", str(host.facts.index), decided("executor", f"{host.facts.name} is host {host.facts.index}")
    )
    yield Setting("--master-addr", head, decided("executor", f"the head, {draft.hosts[0].facts.name}, on the fabric"))
    yield Setting("--master-port", str(MASTER_PORT), decided("executor", f"ranks meet at {head}:{MASTER_PORT}"))
    if host.facts.index > 0:
        yield Setting("--headless", None, decided("executor", "only the head serves the API"))


def _markers(draft: Draft) -> Iterator[Marker]:
    facts = draft.facts
    config = looked_up("service", "vLLM prints its resolved configuration once at start", CONFIG_LINE_SOURCE)
    yield Marker(f"tensor_parallel_size={facts.tensor},", f"tensor parallel over {facts.tensor} ranks", True, config)
    if facts.pipeline > 1:
        yield Marker(f"pipeline_parallel_size={facts.pipeline},", f"{facts.pipeline} pipeline stages", True, config)
    if facts.serving.cuda_graphs == "off":
        yield Marker("enforce_eager=True", "eager mode, no CUDA graphs", True, config)
    if facts.serving.kv_cache_dtype is not None:
        dtype = re.escape(facts.serving.kv_cache_dtype)
        yield Marker(f"kv_cache_dtype={dtype}", f"a KV cache in {facts.serving.kv_cache_dtype}", True, config)
    if facts.expert > 1:
        yield Marker(
            "enable_expert_parallel['\"]?[:=] ?True",
            f"expert parallel over {facts.expert} ranks",
            True,
            looked_up(
                "service",
                "vLLM prints the arguments that differ from its defaults",
                "https://github.com/Avarok-Cybersecurity/dgx-vllm",
            ),
        )
    has_experts = facts.known_model is not None and facts.known_model[0].shape.experts > 0
    if facts.quant == "nvfp4" and has_experts and facts.argument("moe-backend") in (None, "auto", "marlin"):
        yield Marker(
            "Using '?MARLIN'? NvFp4 MoE backend",
            "the Marlin kernel for NVFP4 experts",
            _asks_for_marlin(facts),
            looked_up("service", "vLLM names the MoE kernel that it chose", NVFP4_SOURCE),
        )


def _asks_for_marlin(facts: Facts) -> bool:
    """Tell whether a flag or a variable asks for Marlin; else the engine chooses, and the line only informs."""
    env = facts.spec.env or {}
    return facts.argument("moe-backend") == "marlin" or env.get("VLLM_TEST_FORCE_FP8_MARLIN") == "1"


def _unsaid(facts: Facts) -> Iterator[Unsaid]:
    """Yield what means nothing beside other words; for each alone the language took vLLM's own."""
    if facts.ranks_are_servers and facts.data == 1:
        yield Unsaid(("parallelism", "data_mode"), "a single data parallel rank is one server anyway", by_itself=True)
    if facts.ranks_are_servers and facts.engine.executor == "ray":
        why = "with parallelism.data_mode: external each rank is a server on one machine, and no Ray is started"
        yield Unsaid(("engine", "executor"), why, help="remove it")
    if facts.parallelism.data_rpc_port is not None and not (facts.ranks_are_servers and facts.data > 1):
        why = "only several data parallel ranks with servers of their own meet there"
        yield Unsaid(("parallelism", "data_rpc_port"), why, help=RPC_PORT_HELP)


RPC_PORT_HELP = "remove it, or add parallelism.data_mode: external"


VLLM = EngineWords(
    title="vLLM",
    program=("vllm", "serve"),
    model_flag=None,
    plain_flags=PLAIN_FLAGS,
    switches=SWITCHES,
    parallelism=_parallelism,
    graphs=_graphs,
    tool_calls=_tool_calls,
    speculation=_speculation,
    node_arguments=_node_arguments,
    node_flags=(
        "--nnodes",
        "--node-rank",
        "--master-addr",
        "--master-port",
        "--headless",
    ),
    rank_flags=("--data-parallel-rank", "--data-parallel-address", "--data-parallel-rpc-port"),
    key_flags=(
        (("parallelism", "tensor"), "--tensor-parallel-size"),
        (("parallelism", "pipeline"), "--pipeline-parallel-size"),
        (("parallelism", "data"), "--data-parallel-size"),
        (("parallelism", "expert"), "--enable-expert-parallel"),
        (("engine", "executor"), "--distributed-executor-backend"),
        (("serving", "tool_call_parser"), "--tool-call-parser"),
        (("model", "revision"), "--revision"),
    ),
    has_negatives=True,
    default_host="0.0.0.0",
    # vllm 0.18.1, entrypoints/openai/cli_args.py.
    default_port=8000,
    address_variable=(
        "VLLM_HOST_IP",
        "without it vLLM counts more IP addresses than nodes",
        "https://github.com/Avarok-Cybersecurity/dgx-vllm",
    ),
    rendezvous_port=MASTER_PORT,
    shared_rank_ports=(),
    followers_serve_health=False,
    health_timeout_s=5,
    health_says="vLLM answers /health with 200 once it serves, and no more when its engine died",
    ready_line="Application startup complete",
    caches=(
        Cache("huggingface", "HF_HOME", "the Hub cache", "the Hub cache is kept on the node"),
        Cache(
            "vllm",
            "VLLM_CACHE_ROOT",
            "torch.compile's results, 4 instead of 25 minutes",
            "torch.compile's results are kept: 4 instead of 25 minutes",
        ),
        Cache("triton", "TRITON_CACHE_DIR", "Triton's kernels", "Triton's kernels are kept between starts"),
    ),
    # vllm/envs.py, 0.18.1: VLLM_API_KEY is the key when --api-key is not given.
    api_key=ApiKey("VLLM_API_KEY"),
    markers=_markers,
    bench=Bench(
        ("vllm", "bench", "serve"), (("--backend", "openai"), ("--dataset-name", "random")), "--trust-remote-code"
    ),
    unsaid=_unsaid,
    longer_context=("VLLM_ALLOW_LONG_MAX_MODEL_LEN", "--hf-overrides"),
)
