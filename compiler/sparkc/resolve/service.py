"""Decide what clients talk to, how it is verified and measured, and what the runbook knows about its troubles."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from sparkc.catalog.figures import figures_for
from sparkc.catalog.situation import Situation
from sparkc.catalog.troubles import KnownTrouble, troubles_for
from sparkc.plan import Figure, Marker, Process, Service, Setting, Trouble
from sparkc.resolve.draft import Draft, decided, looked_up
from sparkc.resolve.facts import Facts
from sparkc.resolve.inside import inside_checks
from sparkc.resolve.ports import API_PORT
from sparkc.resolve.startup import FIRST_START_S, WARM_START_S
from sparkc.resolve.variables import secret

CONFIG_LINE_SOURCE = "vllm 0.18.1, vllm/config/vllm.py, VllmConfig.__str__, logged by vllm/v1/engine/core.py"
NVFP4_SOURCE = "vllm 0.18.1, vllm/model_executor/layers/fused_moe/oracle/nvfp4.py"

# The load of the published llama-benchy runs: 2,048 tokens in, 128 out, one request at a time.
BENCH_INPUT, BENCH_OUTPUT, BENCH_PROMPTS = 2048, 128, 8


def decide_service(draft: Draft) -> Draft:
    """Fill in `service`, `bench`, `figures` and `troubles`."""
    situation = situation_of(draft.facts)
    troubles = troubles_for(situation)
    return replace(
        draft,
        service=_service(draft, troubles),
        bench=_bench(draft),
        figures=tuple(_figures(draft.facts)),
        troubles=tuple(_trouble(entry) for entry in troubles),
    )


def situation_of(facts: Facts) -> Situation:
    """Return the launch as the catalog's conditions see it."""
    serving = facts.serving
    settings = {
        "cuda_graphs": facts.graph_mode or "default",
        "load_format": serving.load_format,
        "tool_calls": "yes" if serving.tool_call_parser else "no",
        "speculative": serving.speculative.method if serving.speculative else "none",
        "interconnect": facts.interconnect.kind,
        "topology": facts.interconnect.topology,
    }
    version = facts.engine.version
    return Situation(
        engine=facts.engine.name or "",
        engine_version=None if version == "unknown" else version,
        executor=facts.executor,
        hardware=facts.nodes.hardware or "",
        nodes=len(facts.hosts),
        tensor=facts.tensor,
        pipeline=facts.pipeline,
        expert=facts.expert,
        quant=facts.quant,
        family=facts.family,
        nccl=facts.engine.nccl,
        settings=tuple((key, value) for key, value in settings.items() if value is not None),
    )


def model_names(facts: Facts) -> tuple[str, ...]:
    """Return the names that clients may ask for; vLLM serves the operand of `vllm serve` when none is given."""
    return facts.serving.served_model_name or (facts.model.path or facts.model.id or "",)


def _service(draft: Draft, troubles: tuple[KnownTrouble, ...]) -> Service:
    facts = draft.facts
    head = draft.hosts[0]
    model = facts.known_model[0] if facts.known_model else None
    key = facts.serving.api_key
    sampling = model.sampling if model else None
    return Service(
        task=facts.serving.task or "generate",
        node=head.facts.name,
        container=head.containers[0].name,
        host=facts.serving.host or "0.0.0.0",
        port=facts.serving.port or API_PORT,
        health_path="/health",
        model_names=model_names(facts),
        api_key=secret(head, "VLLM_API_KEY", key.secret) if key else None,
        sampling=tuple(
            Setting(name, str(value), looked_up("models", "the model's own sampling", sampling.evidence.link))
            for name, value in sampling.parameters
        )
        if sampling
        else (),
        calls_tools=facts.serving.tool_call_parser is not None,
        reasons=facts.serving.reasoning_parser is not None,
        forbidden_text=model.control_tokens if model else (),
        markers=tuple(_markers(draft)),
        harmless_lines=tuple(
            Marker(entry.pattern, entry.meaning, False, looked_up("troubles", entry.do, entry.evidence.link))
            for entry in troubles
            if entry.harmless and entry.pattern
        ),
        first_start_s=FIRST_START_S,
        warm_start_s=WARM_START_S,
        inside=tuple(inside_checks(draft, head.containers[0])),
    )


def _markers(draft: Draft) -> Iterator[Marker]:
    """Yield the log lines that prove that the launch runs as it was meant to."""
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
    if facts.quant == "nvfp4" and facts.known_model and facts.known_model[0].shape.experts:
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


def _bench(draft: Draft) -> Process | None:
    facts = draft.facts
    if (facts.serving.task or "generate") != "generate":
        return None
    why = decided("bench", "the load of the published figures: 2,048 tokens in, 128 out, one request at a time")
    names = model_names(facts)
    flags = (
        ("--backend", "openai"),
        ("--base-url", f"http://127.0.0.1:{facts.serving.port or API_PORT}"),
        ("--model", names[0]),
        ("--tokenizer", facts.model.path or facts.model.id or ""),
        ("--dataset-name", "random"),
        ("--random-input-len", str(BENCH_INPUT)),
        ("--random-output-len", str(BENCH_OUTPUT)),
        ("--num-prompts", str(BENCH_PROMPTS)),
        ("--max-concurrency", "1"),
    )
    trust = (Setting("--trust-remote-code", None, why),) if facts.model.trust_remote_code else ()
    return Process(
        name="bench",
        role="driver",
        program=("vllm", "bench", "serve"),
        operands=(),
        arguments=(*(Setting(flag, value, why) for flag, value in flags), *trust),
        environment=(),
        waits_for=(),
        foreground=True,
    )


def _figures(facts: Facts) -> Iterator[Figure]:
    published = figures_for(
        facts.family, facts.quant, facts.nodes.hardware or "", len(facts.hosts), facts.engine.name or ""
    )
    for figure in published:
        setup = f"{figure.setup}; {figure.check}" if figure.check else figure.setup
        yield Figure(figure.what, figure.value, setup, figure.evidence.link)


def _trouble(entry: KnownTrouble) -> Trouble:
    return Trouble(entry.symptom, entry.meaning, entry.do, entry.evidence.link)
