"""The attention backend that the author asks for cannot do what this model needs, or not on this chip."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sparkc.catalog.entries import CAPABILITIES, HEAD_SIZES, Backend
from sparkc.catalog.models import Shape
from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.author_variables import variable_texts
from sparkc.rules.kernels.attention import capability, chosen_backend, is_latent, says_its_attention
from sparkc.rules.rule import Complaint, Evidence, Rule

HAVE_SINKS = ("gpt_oss",)
"""Model types whose class gives its attention sinks (vllm/model_executor/models/gpt_oss.py, 0.11.0 to 0.33.0)."""


def _check(plan: Plan, facts: Facts) -> Iterator[Complaint]:
    chosen = chosen_backend(plan, facts)
    if chosen is None:
        return
    backend = chosen.backend
    for trouble in (*_of_chip(backend, facts), *_of_cache(backend, facts), *_of_model(backend, facts)):
        others = _others(facts, backend)
        yield Complaint(
            chosen.key,
            f"{backend.name} of vLLM {_version(facts)} {trouble}",
            help=f"remove it, and vLLM chooses; it names {', '.join(others)} for this" if others else None,
        )


def _of_chip(backend: Backend, facts: Facts) -> Iterator[str]:
    chip = capability(facts)
    if backend.capabilities is not None and chip in CAPABILITIES and chip not in backend.capabilities:
        wanted = _listed(each / 10 for each in backend.capabilities)
        yield f"does not run on compute capability {chip / 10}; wanted {wanted}"


def _of_cache(backend: Backend, facts: Facts) -> Iterator[str]:
    found = facts.serving.kv_cache_dtype
    if backend.cache_types is not None and found not in (None, "auto") and found not in backend.cache_types:
        yield f"has no cache of type {found}; wanted {_listed(backend.cache_types) or 'none that has a name'}"


def _of_model(backend: Backend, facts: Facts) -> Iterator[str]:
    shape = facts.shape
    if shape is None or not says_its_attention(shape) or any(variable_texts(facts, "VLLM_MLA_DISABLE")):
        return
    if backend.mla is not None and backend.mla != is_latent(shape):
        yield (
            "computes latent attention, and this model has keys and values"
            if backend.mla
            else "does not compute latent attention, and this model has nothing else"
        )
        return
    if backend.sparse:
        yield "computes sparse attention, and this model has none"
    for size in sorted(_head_sizes(shape)):
        if backend.head_sizes is not None and size in HEAD_SIZES and size not in backend.head_sizes:
            yield f"does not compute heads of width {size}; wanted {_listed(backend.head_sizes)}"
    if backend.sinks is False and facts.model_type in HAVE_SINKS:
        yield "does not know attention sinks, and this model has them"


def _head_sizes(shape: Shape) -> set[int]:
    if is_latent(shape):
        return {shape.latent_dim}
    return {shape.head_dim, *([shape.sliding_head_dim] if shape.sliding_head_dim else [])}


def _others(facts: Facts, refused: Backend) -> list[str]:
    assert facts.engine_names is not None
    return [
        backend.name
        for backend in facts.engine_names.backends()
        if backend != refused and not backend.sparse and not _says_no(backend, facts)
    ]


def _says_no(backend: Backend, facts: Facts) -> bool:
    return any((*_of_chip(backend, facts), *_of_cache(backend, facts), *_of_model(backend, facts)))


def _version(facts: Facts) -> str:
    return facts.engine_names.version if facts.engine_names else ""


def _listed(words: Iterable[object]) -> str:
    return ", ".join(str(word) for word in words)


RULE = Rule(
    name="attention-backend-cannot-serve",
    severity=Severity.ERROR,
    failure=Failure.CRASH,
    summary="the attention backend cannot do this head size, cache, chip or kind of attention",
    why="vLLM asks a backend that was named by hand before it takes it, while the model is built on the workers: "
    "`Selected backend X is not valid for this configuration. Reason: ['head_size not supported']`. What a backend "
    "refuses is in the catalogs as far as its source says it without a machine.",
    help="remove args.attention-backend, and vLLM chooses one that fits",
    evidence=(
        Evidence(
            "vllm-project/vllm vllm/platforms/cuda.py",
            "0.13.0 to 0.33.0: raises with the reasons of validate_configuration when the selected backend has any",
        ),
        Evidence(
            "vllm-project/vllm vllm/v1/attention/backend.py",
            "0.16.0 to 0.33.0, before in vllm/attention/backends/abstract.py: head size, cache, MLA, sinks, capability",
        ),
        Evidence(
            "https://github.com/vllm-project/vllm/issues/45317",
            "GB10: FLASHMLA_SPARSE: compute capability not supported, and no backend was left",
        ),
    ),
    bad="args: {attention-backend: FLASHMLA}",
    good="args: {attention-backend: FLASHINFER}",
    applies=lambda facts: facts.names_are_exact and facts.engine.name == "vllm",
    check=_check,
    allowable=False,
)
