"""Decide what clients talk to, how it is verified and measured, and what the runbook knows about its troubles."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from sparkc.catalog.figures import figures_for
from sparkc.catalog.situation import Situation
from sparkc.catalog.troubles import KnownTrouble, troubles_for
from sparkc.plan import Container, Figure, Marker, Process, Service, Setting, Trouble
from sparkc.resolve.addresses import with_port
from sparkc.resolve.draft import Draft, decided, looked_up
from sparkc.resolve.engines import words_of
from sparkc.resolve.evaluation import ANSWER, decide_evaluation
from sparkc.resolve.facts import Facts
from sparkc.resolve.inside import inside_checks
from sparkc.resolve.proxy import proxy_address, proxy_name
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
        "prefix_caching": {True: "on", False: "off", None: "default"}[serving.prefix_caching],
        "moe_backend": _text(facts.argument("moe-backend")),
        "moe_runner_backend": _text(facts.argument("moe-runner-backend")),
        "kv_connector": facts.kv_transfer.connector,
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
    address = _address(facts)
    model = facts.known_model[0] if facts.known_model else None
    key = facts.serving.api_key
    sampling = model.sampling if model else None
    return Service(
        task=facts.serving.task or "generate",
        node=address.node,
        answered_by=_container(draft, address.node).name if facts.side is None else proxy_name(facts),
        container=_container(draft, address.node).name,
        host=address.host,
        port=address.port,
        health_path=address.health_path,
        lists_models=facts.side is None,
        model_names=model_names(facts),
        # A proxy asks its own clients for no key.
        api_key=api_key(facts, head, key.secret) if key and facts.side is None else None,
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
        inside=tuple(inside_checks(draft, _container(draft, address.node))),
    )


@dataclass(frozen=True)
class _Address:
    """Where clients talk to the launch, and what tells that it serves."""

    node: str
    host: str
    port: int
    health_path: str

    @property
    def url(self) -> str:
        """Return how it is dialled on its own node."""
        return f"http://{with_port('127.0.0.1' if self.host in ANY_ADDRESS else self.host, self.port)}"


ANY_ADDRESS = ("0.0.0.0", "::", "")


def _address(facts: Facts) -> _Address:
    words = words_of(facts)
    if facts.side is not None and words.proxy is not None:
        at = proxy_address(facts)
        return _Address(facts.proxy.host or "", at.host, at.port, words.proxy.health_path)
    host, port = facts.serving.host or words.default_host, facts.serving.port or words.default_port
    return _Address(facts.head.name, host, port, "/health")


def _container(draft: Draft, node: str) -> Container:
    """Return the first container on a node, which holds an engine; on the head where the node is another side's."""
    host = next((host for host in draft.hosts if host.facts.name == node), draft.hosts[0])
    return host.containers[0]


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
        ("--base-url", _address(facts).url),
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


def _figures(facts: Facts) -> Iterator[Figure]:
    published = figures_for(
        facts.family, facts.quant, facts.nodes.hardware or "", len(facts.hosts), facts.engine.name or ""
    )
    for figure in published:
        setup = f"{figure.setup}; {figure.check}" if figure.check else figure.setup
        yield Figure(figure.what, figure.value, setup, figure.evidence.link)


def _trouble(entry: KnownTrouble) -> Trouble:
    return Trouble(entry.symptom, entry.meaning, entry.do, entry.evidence.link)
