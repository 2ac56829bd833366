"""SGLang's words, read in the releases 0.5.5, 0.5.10, 0.5.12 and 0.5.23 (sglang/srt/server_args.py).

`python3 -m sglang.launch_server` starts all four; `sglang serve`, which newer ones recommend, does not exist in 0.5.5.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from sparkc.plan import Marker, Setting
from sparkc.resolve import engine_traits
from sparkc.resolve.addresses import with_port
from sparkc.resolve.draft import Draft, HostDraft, decided, looked_up
from sparkc.resolve.engines.values import as_json, canonical, words
from sparkc.resolve.engines.words import ApiKey, Bench, Cache, EngineWords, Switch, Unsaid
from sparkc.resolve.facts import Facts
from sparkc.spec import DraftModel

ARGUMENTS_LINE_SOURCE = "sglang 0.5.12, sglang/srt/entrypoints/engine.py, logs `server_args=` before it loads"

DIST_INIT_PORT = 20000
"""Where ranks meet in SGLang's own examples of several nodes (docs.sglang.ai, multi-node deployment)."""

CHUNK = "--chunked-prefill-size"
WHOLE_PROMPTS = "-1"
EAGER = f"--{engine_traits.SGLANG.eager}"
NO_PIECES, PIECES = "--disable-piecewise-cuda-graph", "--enable-piecewise-cuda-graph"
DECODE_GRAPHS, PREFILL_GRAPHS = "--cuda-graph-backend-decode", "--cuda-graph-backend-prefill"

ALGORITHM = "--speculative-algorithm"
DRAFT_MODEL, DRAFT_REVISION = "--speculative-draft-model-path", "--speculative-draft-model-revision"
STEPS, TOP_K, DRAFT_TOKENS = "--speculative-num-steps", "--speculative-eagle-topk", "--speculative-num-draft-tokens"

DRAFT_MODELS = ("NEXTN", "EAGLE", "EAGLE3", "STANDALONE")
"""Algorithms that draft step by step; NEXTN is another name for EAGLE (0.5.12, server_args.py)."""

# What a step of vLLM takes are tokens of all requests. SGLang bounds the prompt tokens of one step: requests that
# already answer take their tokens in steps of their own (0.5.12, sglang/srt/managers/schedule_policy.py).
PLAIN_FLAGS: tuple[tuple[tuple[str, ...], str], ...] = (
    (("serving", "host"), "--host"),
    (("serving", "port"), "--port"),
    (("serving", "served_model_name"), "--served-model-name"),
    (("quant", "method"), "--quantization"),
    (("serving", "memory", "mem_fraction_static"), "--mem-fraction-static"),
    (("serving", "max_model_len"), "--context-length"),
    (("serving", "max_num_batched_tokens"), CHUNK),
    (("serving", "max_num_seqs"), "--max-running-requests"),
    (("serving", "load_format"), "--load-format"),
    (("serving", "kv_cache_dtype"), "--kv-cache-dtype"),
    (("serving", "reasoning_parser"), "--reasoning-parser"),
)

SWITCHES = (
    Switch(("model", "trust_remote_code"), "--trust-remote-code", None),
    Switch(("serving", "prefix_caching"), None, "--disable-radix-cache"),
    Switch(("serving", "chunked_prefill"), None, CHUNK, off_value=WHOLE_PROMPTS),
)

BY_ITSELF = {
    ("model", "trust_remote_code"): (False, "it runs no code of a checkpoint unless --trust-remote-code is given"),
    ("serving", "prefix_caching"): (True, "it keeps prompt beginnings unless --disable-radix-cache is given"),
    ("serving", "chunked_prefill"): (True, f"it cuts prompts into chunks unless {CHUNK} is {WHOLE_PROMPTS}"),
}
"""What SGLang does without a word, and until which word it does so."""


def _parallelism(draft: Draft) -> Iterator[Setting]:
    facts = draft.facts
    why = draft.reasons.why
    yield Setting(
        canonical(facts, "--tp-size"),
        str(facts.tensor),
        why("parallelism", "tensor")
        if facts.parallelism.tensor
        else decided("parallelism", "one accelerator, so one tensor parallel rank"),
    )
    for flag, size, key in (
        ("--pp-size", facts.parallelism.pipeline, "pipeline"),
        ("--dp-size", facts.parallelism.data, "data"),
        ("--ep-size", facts.parallelism.expert, "expert"),
    ):
        if size is not None:
            yield Setting(canonical(facts, flag), str(size), why("parallelism", key))


def _graphs(draft: Draft) -> Iterator[Setting]:
    for flag, value in graph_flags(draft.facts) or ():
        yield Setting(flag, value, draft.reasons.why("serving", "cuda_graphs"))


def graph_flags(facts: Facts) -> tuple[tuple[str, str | None], ...] | None:
    """Return the flags of the pinned version for a graph mode; none where it does so by itself, None without words."""
    mode = facts.serving.cuda_graphs
    if mode is None or mode == "default":
        return ()
    if facts.engine_names is not None and facts.knows_flag(DECODE_GRAPHS):
        # 0.5.23, model_executor/cuda_graph_config.py: each phase has a backend; breakable graphs are those in pieces.
        decode, prefill = {
            "full_decode_only": ("full", "disabled"),
            "full": ("full", "full"),
            "full_and_piecewise": ("full", "breakable"),
            "piecewise": ("disabled", "breakable"),
        }.get(mode, ("disabled", "disabled"))
        return (DECODE_GRAPHS, decode), (PREFILL_GRAPHS, prefill)
    pieces = facts.engine_names is not None and facts.knows_flag(NO_PIECES)
    asks_for_pieces = facts.engine_names is not None and facts.knows_flag(PIECES)
    no_pieces: tuple[tuple[str, str | None], ...] = ((NO_PIECES, None),) if pieces else ()
    if mode in ("off", "none"):
        return (EAGER, None), *no_pieces
    if mode == "full_decode_only":
        return no_pieces
    if mode == "full_and_piecewise" and (pieces or asks_for_pieces):
        return () if pieces else ((PIECES, None),)
    if mode == "piecewise" and pieces:
        return ((EAGER, None),)
    return None


def _tool_calls(draft: Draft) -> Iterator[Setting]:
    parser = draft.facts.serving.tool_call_parser
    if parser is not None:
        yield Setting("--tool-call-parser", parser, draft.reasons.why("serving", "tool_call_parser"))


def _speculation(draft: Draft) -> Iterator[Setting]:
    speculative = draft.facts.serving.speculative
    if speculative is None:
        return
    # One flag each, so that the author's own options take the place of what follows from the count.
    settings: dict[str, Setting] = {}
    method = speculative.method.upper() if speculative.method is not None else None
    if method is not None:
        settings[ALGORITHM] = Setting(ALGORITHM, method, draft.reasons.why("serving", "speculative", "method"))
    count = speculative.num_speculative_tokens
    if count is not None:
        why = draft.reasons.why("serving", "speculative", "num_speculative_tokens")
        if method in DRAFT_MODELS:
            settings[STEPS] = Setting(STEPS, str(count), why)
            settings[TOP_K] = Setting(
                TOP_K, "1", decided("speculation", f"one chain of {count} tokens, no tree: one candidate per step")
            )
        settings[DRAFT_TOKENS] = Setting(
            DRAFT_TOKENS,
            str(count + 1),
            decided("speculation", f"SGLang counts the verified token too: {count} + 1", SGLANG_COUNTS),
        )
    if speculative.model is not None:
        settings.update(_draft_model(draft, speculative.model))
    for key, value in (speculative.options or {}).items():
        flag = canonical(draft.facts, option_flag(key))
        why = draft.reasons.why("serving", "speculative", "options", key)
        settings.pop(flag, None)
        if isinstance(value, dict):
            settings[flag] = Setting(flag, as_json(value), why, structured=True)
        elif value is True:
            settings[flag] = Setting(flag, None, why)
        elif value is not None and value is not False:
            settings[flag] = Setting(flag, words(value), why)
    yield from settings.values()


def _draft_model(draft: Draft, model: DraftModel) -> Iterator[tuple[str, Setting]]:
    why = draft.reasons.why
    if model.path is not None:
        where = draft.hosts[0].facts.on_node(model.path)
        yield DRAFT_MODEL, Setting(DRAFT_MODEL, where, why("serving", "speculative", "model", "path"))
    elif model.id is not None:
        yield DRAFT_MODEL, Setting(DRAFT_MODEL, model.id, why("serving", "speculative", "model", "id"))
        if model.revision is not None:
            commit = Setting(DRAFT_REVISION, model.revision, why("serving", "speculative", "model", "revision"))
            yield DRAFT_REVISION, commit


SGLANG_COUNTS = "https://github.com/sgl-project/sglang/blob/main/python/sglang/srt/server_args.py"


def option_flag(key: str) -> str:
    """Return the flag for a key of `serving.speculative.options`: `eagle_topk` is --speculative-eagle-topk."""
    return f"--speculative-{key.replace('_', '-')}"


def _node_arguments(draft: Draft, host: HostDraft) -> Iterator[Setting]:
    head = draft.hosts[0].fabric.address
    yield Setting("--nnodes", str(len(draft.hosts)), decided("executor", f"{len(draft.hosts)} hosts in the spec"))
    yield Setting(
        "--node-rank", str(host.facts.index), decided("executor", f"{host.facts.name} is host {host.facts.index}")
    )
    meet = with_port(head, DIST_INIT_PORT)
    yield Setting(
        "--dist-init-addr", meet, decided("executor", f"ranks meet on {draft.hosts[0].facts.name}, on the fabric")
    )
    if host.facts.index > 0:
        yield Setting(
            "--host",
            host.fabric.address,
            decided(
                "executor",
                f"{host.facts.name} serves no API, only a /health of its ranks, on the fabric",
                "https://github.com/sgl-project/sglang/blob/main/python/sglang/srt/entrypoints/engine.py",
            ),
        )


def _markers(draft: Draft) -> Iterator[Marker]:
    """Yield what the line `server_args=` must hold: an object up to 0.5.12, a dictionary in 0.5.23."""
    facts = draft.facts
    line = looked_up("service", "SGLang prints its resolved arguments once at start", ARGUMENTS_LINE_SOURCE)

    def shows(name: str, value: str, proves: str) -> Marker:
        return Marker(f"server_args=.*[ ({{,]'?{name}'?[=:] ?{value}[,)}}]", proves, True, line)

    yield shows("tp_size", str(facts.tensor), f"tensor parallel over {facts.tensor} ranks")
    if facts.pipeline > 1:
        yield shows("pp_size", str(facts.pipeline), f"{facts.pipeline} pipeline stages")
    if facts.expert > 1:
        yield shows("ep_size", str(facts.expert), f"expert parallel over {facts.expert} ranks")
    if facts.serving.cuda_graphs in ("off", "none") and (EAGER, None) in (graph_flags(facts) or ()):
        yield shows("disable_cuda_graph", "True", "eager mode, no CUDA graphs")
    if facts.serving.kv_cache_dtype is not None:
        dtype = re.escape(facts.serving.kv_cache_dtype)
        yield shows("kv_cache_dtype", f"'{dtype}'", f"a KV cache in {facts.serving.kv_cache_dtype}")
    runner = facts.argument("moe-runner-backend")
    if isinstance(runner, str):
        yield shows("moe_runner_backend", f"'{re.escape(runner)}'", f"the {runner} kernels for experts")


def _unsaid(facts: Facts) -> Iterator[Unsaid]:
    for key, (value, why) in BY_ITSELF.items():
        part = getattr(facts, key[0])
        if getattr(part, key[1]) is value:
            yield Unsaid(key, why, by_itself=True)
    flags = graph_flags(facts)
    if flags is None:
        mode = facts.serving.cuda_graphs
        yield Unsaid(("serving", "cuda_graphs"), f"this version cannot capture graphs in mode {mode}", help=GRAPHS_HELP)
    elif not flags and facts.serving.cuda_graphs not in (None, "default"):
        yield Unsaid(("serving", "cuda_graphs"), "it captures these unless it is told otherwise", by_itself=True)
    if facts.serving.chunked_prefill is False and facts.serving.max_num_batched_tokens is not None:
        yield Unsaid(
            ("serving", "max_num_batched_tokens"), "prompts are not cut into chunks, of which this is the size"
        )
    if facts.engine.executor == "ray" or facts.engine.ray is not None:
        key = ("engine", "executor") if facts.engine.executor == "ray" else ("engine", "ray")
        yield Unsaid(key, "it carries its ranks from node to node itself, and no Ray is started", help="remove it")
    if facts.model.measurement is not None:
        yield Unsaid(
            ("model", "measurement"), "its pool is computed from free memory, and vLLM's log lines say nothing"
        )
    for name in ("data_mode", "data_rpc_port"):
        if getattr(facts.parallelism, name) not in (None, "internal"):
            why = "its data parallel ranks share one server, which spreads the requests"
            yield Unsaid(("parallelism", name), why, help="remove it")
    yield from _unknown_options(facts)


GRAPHS_HELP = "say off, full_decode_only, full_and_piecewise or default"


def _unknown_options(facts: Facts) -> Iterator[Unsaid]:
    speculative = facts.serving.speculative
    for key in (speculative.options or {}) if speculative else ():
        flag = option_flag(key)
        if not facts.knows_flag(flag):
            yield Unsaid(("serving", "speculative", "options", key), f"there is no flag {flag}")


SGLANG = EngineWords(
    title="SGLang",
    program=("python3", "-m", "sglang.launch_server"),
    model_flag="--model-path",
    plain_flags=PLAIN_FLAGS,
    switches=SWITCHES,
    parallelism=_parallelism,
    graphs=_graphs,
    tool_calls=_tool_calls,
    speculation=_speculation,
    node_arguments=_node_arguments,
    rank_flags=(),
    node_flags=("--model-path", "--nnodes", "--node-rank", "--dist-init-addr"),
    key_flags=(
        (("parallelism", "tensor"), "--tp-size"),
        (("parallelism", "pipeline"), "--pp-size"),
        (("parallelism", "data"), "--dp-size"),
        (("parallelism", "expert"), "--ep-size"),
        (("serving", "tool_call_parser"), "--tool-call-parser"),
        (("serving", "speculative", "method"), ALGORITHM),
        (("model", "revision"), "--revision"),
    ),
    has_negatives=False,
    default_host="127.0.0.1",
    default_port=30000,
    address_variable=(
        "SGLANG_HOST_IP",
        "without it SGLang takes the address of the route to the internet",
        "https://github.com/sgl-project/sglang/blob/main/python/sglang/srt/utils/network.py",
    ),
    rendezvous_port=DIST_INIT_PORT,
    # 0.5.12, server_args.py: PortArgs.init_new and DP_ATTENTION_HANDSHAKE_PORT_DELTA.
    shared_rank_ports=(1, 2, 3, 4, 5, 13),
    # 0.5.5 to 0.5.23, sglang/srt/entrypoints/engine.py: launch_dummy_health_check_server, once the ranks are ready.
    followers_serve_health=True,
    # `/health` generates a token and waits up to 20 s for it (0.5.12, entrypoints/http_server.py).
    health_timeout_s=25,
    health_says="SGLang answers /health with 200 once it serves and a token came back within 20 s, with 503 otherwise",
    ready_line="The server is fired up and ready to roll",
    caches=(
        Cache("huggingface", "HF_HOME", "the Hub cache", "the Hub cache is kept on the node"),
        # sglang/srt/compilation/backend.py; flashinfer's autotuning too from 0.5.12 on.
        Cache(
            "sglang",
            "SGLANG_CACHE_DIR",
            "what SGLang compiles and tunes",
            "what SGLang compiles is kept between starts",
        ),
        Cache("triton", "TRITON_CACHE_DIR", "Triton's kernels", "Triton's kernels are kept between starts"),
        Cache(
            "torchinductor",
            "TORCHINDUCTOR_CACHE_DIR",
            "torch.compile's results",
            "torch.compile's results are kept between starts",
        ),
        Cache(
            "flashinfer",
            "FLASHINFER_WORKSPACE_BASE",
            "FlashInfer's kernels, which sm_121 compiles at the first start",
            "FlashInfer's kernels are kept between starts",
        ),
        Cache("deep_gemm", "SGLANG_DG_CACHE_DIR", "DeepGEMM's kernels", "DeepGEMM's kernels are kept between starts"),
    ),
    # No release reads a variable for its key; --config takes a YAML file in all four.
    api_key=ApiKey("api-key", ("--config", "/tmp/.sparkc-engine.yaml")),
    markers=_markers,
    bench=Bench(
        ("python3", "-m", "sglang.bench_serving"),
        # `random` would draw its prompts from a data set on the internet, and lengths between 0 and the wanted ones.
        (("--backend", "sglang-oai"), ("--dataset-name", "random-ids"), ("--random-range-ratio", "1.0")),
        None,
    ),
    unsaid=_unsaid,
    longer_context=("SGLANG_ALLOW_OVERWRITE_LONGER_CONTEXT_LEN", "--json-model-override-args"),
    # 0.5.12, model_executor/model_runner.py: refuses when the least free rank has below 0.9 of this one's memory.
    balance=(90, "SGLANG_ENABLE_TP_MEMORY_INBALANCE_CHECK"),
)
