"""No attention backend that could serve this launch can split the context over ranks as it is asked to."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from sparkc.catalog.entries import Backend
from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.engine_config import number, place, structure
from sparkc.rules.kernels.attention import chosen_backend, may_serve
from sparkc.rules.rule import Complaint, Evidence, Rule

PREFILL, DECODE = "--prefill-context-parallel-size", "--decode-context-parallel-size"
INTERLEAVE, DRAFTS = "--cp-kv-cache-interleave-size", "--speculative-config"


def _check(plan: Plan, facts: Facts) -> Iterator[Complaint]:
    prefill, decode = number(plan, PREFILL) or 1, number(plan, DECODE) or 1
    pieces = number(plan, INTERLEAVE) or 1
    wants: tuple[tuple[str, int, str, Callable[[Backend], bool | None]], ...] = (
        (PREFILL, prefill, "splits a prompt over ranks", lambda backend: backend.pcp),
        (DECODE, decode, "returns what ranks need to join their parts", lambda backend: backend.dcp),
    )
    for flag, ranks, does, can in wants:
        if ranks > 1 and _nobody(plan, facts, can):
            yield Complaint(place(plan, facts, flag), f"{flag} is {ranks}, and {_who(plan, facts)} {does}; wanted 1")
    drafts = prefill * decode > 1 and pieces > 1 and bool(structure(plan, DRAFTS))
    if drafts and _nobody(plan, facts, lambda backend: backend.interleaved_drafts):
        yield Complaint(
            place(plan, facts, INTERLEAVE),
            f"{INTERLEAVE} is {pieces}, and {_who(plan, facts)} checks drafts against such a cache; wanted 1",
        )


def _nobody(plan: Plan, facts: Facts, can: Callable[[Backend], bool | None]) -> bool:
    """Tell whether all that may be taken say no; where one does not answer, nobody knows."""
    asked = _candidates(plan, facts)
    return bool(asked) and all(can(backend) is False for backend in asked)


def _candidates(plan: Plan, facts: Facts) -> tuple[Backend, ...]:
    chosen = chosen_backend(plan, facts)
    if chosen is not None:
        return (chosen.backend,)
    backends = facts.engine_names.backends() if facts.engine_names else ()
    return tuple(backend for backend in backends if may_serve(backend, facts))


def _who(plan: Plan, facts: Facts) -> str:
    assert facts.engine_names is not None
    chosen = chosen_backend(plan, facts)
    version = f"of vLLM {facts.engine_names.version}"
    return f"{chosen.backend.name} {version} is none that" if chosen else f"no attention backend {version} here"


RULE = Rule(
    name="context-parallel-without-backend",
    severity=Severity.ERROR,
    failure=Failure.CRASH,
    summary="context parallelism that no attention backend of this version can do",
    why="After the model is loaded, vLLM asks every attention layer: `PCP requires attention impls' support`, `DCP "
    "requires attention impls to return the softmax lse for decode`, `MTP with cp_kv_cache_interleave_size > 1 is not "
    "supported`.",
    help="remove the flag, or take a version and a backend that can",
    evidence=(
        Evidence(
            "vllm-project/vllm vllm/v1/worker/cp_utils.py",
            "0.13.0 to 0.33.0: three assertions; what each implementation says of itself is in the catalogs",
        ),
        Evidence(
            "vllm-project/vllm vllm/v1/attention/backend.py",
            "0.13.0 to 0.25.1 have no implementation with supports_pcp on CUDA, from 0.26.0 on those of MLA have it",
        ),
    ),
    bad="""
model: {size: 60 GB}
parallelism: {tensor: 1}
args: {prefill-context-parallel-size: 2}
""",
    good="""
model: {size: 60 GB}
parallelism: {tensor: 2}
""",
    applies=lambda facts: facts.names_are_exact and facts.engine.name == "vllm",
    check=_check,
    allowable=False,
)
