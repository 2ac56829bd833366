"""No attention backend that could serve this model on this chip takes the cache type that is asked for."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.catalog.entries import CAPABILITIES, Backend
from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.author_variables import variable_texts
from sparkc.rules.kernels.attention import capability, chosen_backend, is_latent, may_serve, says_its_attention
from sparkc.rules.rule import Complaint, Evidence, Rule

KEY = ("serving", "kv_cache_dtype")


def _check(plan: Plan, facts: Facts) -> Iterator[Complaint]:
    asked, shape = facts.serving.kv_cache_dtype, facts.shape
    if asked in (None, "auto") or shape is None or not says_its_attention(shape):
        return
    # A backend that is named, or another kind of attention by a variable, is judged by its own rule.
    if chosen_backend(plan, facts) is not None or any(variable_texts(facts, "VLLM_MLA_DISABLE")):
        return
    backends = _candidates(facts)
    if backends and not any(backend.cache_types is None or asked in backend.cache_types for backend in backends):
        taken = sorted({word for backend in backends for word in backend.cache_types or ()})
        kind = "latent attention" if is_latent(shape) else "keys and values"
        yield Complaint(
            KEY,
            f"no attention backend of vLLM {facts.engine.version} for {kind} on this chip has a cache of type {asked}; "
            f"wanted one of {', '.join(taken) or 'no type but the default'}",
        )


def _candidates(facts: Facts) -> tuple[Backend, ...]:
    if facts.engine_names is None or capability(facts) not in CAPABILITIES:
        return ()
    return tuple(b for b in facts.engine_names.backends() if not b.sparse and may_serve(b, facts))


RULE = Rule(
    name="cache-type-without-backend",
    severity=Severity.ERROR,
    failure=Failure.CRASH,
    summary="no attention backend takes this type of KV cache",
    why="vLLM goes through its attention backends while the model is built and ends when each one has a reason against "
    "it: `No valid attention backend found`, with `kv_cache_dtype not supported` in the list. An NVFP4 cache with "
    "latent attention (MLA) is such a pair.",
    help="take a type that the message names, or leave serving.kv_cache_dtype out",
    evidence=(
        Evidence(
            "vllm-project/vllm vllm/platforms/cuda.py",
            "0.13.0 to 0.33.0: raises when no backend is valid; what each one takes is in the catalogs",
        ),
        Evidence(
            "vllm-project/vllm vllm/v1/attention/backend.py",
            "0.16.0 to 0.33.0, before in vllm/attention/backends/abstract.py: kv_cache_dtype not supported",
        ),
    ),
    bad="""
model: {id: zai-org/GLM-4.7-Flash, size: 60 GB}
quant: bf16
serving: {kv_cache_dtype: nvfp4, tool_call_parser: null, reasoning_parser: null}
""",
    good="""
model: {id: zai-org/GLM-4.7-Flash, size: 60 GB}
quant: bf16
serving: {kv_cache_dtype: fp8, tool_call_parser: null, reasoning_parser: null}
""",
    base="single",
    applies=lambda facts: facts.names_are_exact and facts.engine.name == "vllm",
    check=_check,
    allowable=False,
)
