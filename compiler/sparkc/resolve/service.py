"""Decide what clients talk to, how it is verified and measured, and what the runbook knows about its troubles."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from sparkc.catalog.figures import figures_for
from sparkc.catalog.situation import Situation
from sparkc.catalog.troubles import KnownTrouble, troubles_for
from sparkc.plan import Figure, Marker, Process, Service, Setting, Trouble
from sparkc.resolve.addresses import with_port
from sparkc.resolve.draft import Draft, decided, looked_up
from sparkc.resolve.engines import words_of
from sparkc.resolve.evaluation import ANSWER, decide_evaluation
from sparkc.resolve.facts import Facts
from sparkc.resolve.inside import inside_checks
from sparkc.resolve.startup import FIRST_START_S, WARM_START_S
from sparkc.resolve.variables import api_key

BENCH_PROMPTS = 8


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
        "draft_quantization": _draft_quantization(facts),
        "interconnect": facts.interconnect.kind,
        "topology": facts.interconnect.topology,
        "moe_runner_backend": _text(facts.argument("moe-runner-backend")),
        "SGLANG_DISABLE_CUDA_GRAPH": _text((facts.spec.env or {}).get("SGLANG_DISABLE_CUDA_GRAPH")),
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
        model=facts.model.id,
        forked=facts.engine.fork is not None,
        settings=tuple((key, value) for key, value in settings.items() if value is not None),
    )


def _draft_quantization(facts: Facts) -> str | None:
    """Return what is said of a draft model's quantisation; None where no model drafts."""
    speculative = facts.serving.speculative
    options = (speculative.options if speculative else None) or {}
    if speculative is None or (speculative.model is None and "model" not in options):
        return None
    return str(options.get("quantization") or "unstated")


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def model_names(facts: Facts) -> tuple[str, ...]:
    """Return the names that clients may ask for; engines serve the model under its path or id when none is given."""
    return facts.serving.served_model_name or (facts.model.path or facts.model.id or "",)


def _service(draft: Draft, troubles: tuple[KnownTrouble, ...]) -> Service:
    facts = draft.facts
    head = draft.hosts[0]
    words = words_of(facts)
    model = facts.known_model[0] if facts.known_model else None
    key = facts.serving.api_key
    sampling = model.sampling if model else None
    return Service(
        task=facts.serving.task or "generate",
        node=head.facts.name,
        container=head.containers[0].name,
        host=facts.serving.host or words.default_host,
        port=facts.serving.port or words.default_port,
        health_path="/health",
        model_names=model_names(facts),
        api_key=api_key(facts, head, key.secret) if key else None,
        sampling=tuple(
            Setting(name, str(value), looked_up("models", "the model's own sampling", sampling.evidence.link))
            for name, value in sampling.parameters
        )
        if sampling
        else (),
        calls_tools=facts.serving.tool_call_parser is not None,
        reasons=facts.serving.reasoning_parser is not None,
        forbidden_text=model.control_tokens if model else (),
        markers=tuple(words.markers(draft)),
        harmless_lines=tuple(
            Marker(entry.pattern, entry.meaning, False, looked_up("troubles", entry.do, entry.evidence.link))
            for entry in troubles
            if entry.harmless and entry.pattern
        ),
        first_start_s=FIRST_START_S,
        warm_start_s=WARM_START_S,
        inside=tuple(inside_checks(draft, head.containers[0])),
    )


def _bench(draft: Draft) -> Process | None:
    facts = draft.facts
    if (facts.serving.task or "generate") != "generate":
        return None
    prompt = decide_evaluation(facts).prompt
    why = decided("bench", f"{prompt.because.reason}: {prompt.value} tokens in, {ANSWER} out, one request at a time")
    names = model_names(facts)
    words = words_of(facts)
    backend, *more = words.bench.flags
    flags = (
        backend,
        ("--base-url", f"http://{with_port(_dialled(facts), facts.serving.port or words.default_port)}"),
        ("--model", names[0]),
        ("--tokenizer", facts.model.path or facts.model.id or ""),
        *more,
        ("--random-input-len", str(prompt.value)),
        ("--random-output-len", str(ANSWER)),
        ("--num-prompts", str(BENCH_PROMPTS)),
        ("--max-concurrency", "1"),
    )
    trust = (Setting(words.bench.trust, None, why),) if words.bench.trust and facts.model.trust_remote_code else ()
    return Process(
        name="bench",
        role="driver",
        program=words.bench.program,
        operands=(),
        arguments=(*(Setting(flag, value, why) for flag, value in flags), *trust),
        environment=(),
        waits_for=(),
        foreground=True,
    )


def _dialled(facts: Facts) -> str:
    """Return where the API answers on its own node."""
    host = facts.serving.host or words_of(facts).default_host
    return "127.0.0.1" if host in ("0.0.0.0", "::", "") else host


def _figures(facts: Facts) -> Iterator[Figure]:
    published = figures_for(
        facts.family, facts.quant, facts.nodes.hardware or "", len(facts.hosts), facts.engine.name or ""
    )
    for figure in published:
        setup = f"{figure.setup}; {figure.check}" if figure.check else figure.setup
        yield Figure(figure.what, figure.value, setup, figure.evidence.link)


def _trouble(entry: KnownTrouble) -> Trouble:
    return Trouble(entry.symptom, entry.meaning, entry.do, entry.evidence.link)
