"""Whatever the numbers: an answer, never an exception; and more of a good thing never makes it worse."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st
from launches import GIB, check, first, sparks, two_sparks

from sparkc.catalog.models import Shape
from sparkc.resolve.memory import Alternative, MemoryRequest, NodeRequest, plan_memory
from sparkc.resolve.memory.kv_cache import CacheLayout, layout_of

NUMBERS = st.one_of(st.integers(-3, 3), st.integers(0, 2**22), st.integers(-(10**30), 10**30))
SHARES = st.one_of(st.none(), st.floats(allow_nan=True, allow_infinity=True), st.floats(0.01, 1))

SHAPES = st.builds(
    Shape,
    attention=st.sampled_from(
        ["uniform", "mla", "sliding-window", "hybrid-gdn", "hybrid-kda", "hybrid-mamba2", "other"]
    ),
    **{name: NUMBERS for name in Shape.__dataclass_fields__ if name != "attention"},
)
NODES = st.builds(
    NodeRequest,
    name=st.sampled_from(["one", "two"]),
    total=NUMBERS,
    unified=st.booleans(),
    reserved=NUMBERS,
    object_store=st.one_of(st.none(), NUMBERS),
    ranks=NUMBERS,
)
REQUESTS = st.builds(
    MemoryRequest,
    nodes=st.lists(NODES, max_size=3).map(tuple),
    shape=st.one_of(st.none(), SHAPES),
    weight_bytes=st.one_of(st.none(), NUMBERS),
    quant=st.sampled_from(["bf16", "nvfp4", ""]),
    engine=st.sampled_from(["vllm", "sglang", "vllm-ascend"]),
    engine_version=st.sampled_from([None, "0.18.1rc1", "unknown", "0.33.0"]),
    executor=st.sampled_from(["ray", "mp"]),
    tensor=NUMBERS,
    pipeline=NUMBERS,
    data=NUMBERS,
    expert=NUMBERS,
    fraction=SHARES,
    kv_cache_memory_bytes=st.one_of(st.none(), NUMBERS),
    kv_cache_dtype=st.sampled_from(["auto", "fp8", "nvfp4", "fp8_ds_mla", "strange"]),
    max_model_len=st.one_of(st.none(), NUMBERS),
    max_num_batched_tokens=st.one_of(st.none(), NUMBERS),
    cuda_graphs=st.sampled_from([None, True, False]),
    block_size=st.one_of(st.none(), NUMBERS),
    speculative=st.sampled_from(["none", "ngram", "mtp", "draft"]),
    speculative_tokens=NUMBERS,
    ray_threshold=SHARES,
)


SIZES = st.one_of(st.integers(1, 4), st.integers(1, 2**20), st.integers(2**50, 2**60))
PLAUSIBLE = st.builds(
    replace,
    REQUESTS,
    nodes=st.lists(
        st.builds(
            NodeRequest, name=st.just("one"), total=SIZES, unified=st.booleans(), reserved=SIZES, object_store=SIZES
        ),
        min_size=1,
        max_size=2,
    ).map(tuple),
    shape=st.one_of(
        st.none(),
        st.builds(
            Shape,
            attention=st.sampled_from(["uniform", "mla", "sliding-window", "hybrid-gdn", "hybrid-mamba2", "other"]),
            **{name: SIZES for name in Shape.__dataclass_fields__ if name != "attention"},
        ),
    ),
    **dict.fromkeys(("weight_bytes", "tensor", "pipeline", "data", "expert", "max_model_len", "block_size"), SIZES),
    kv_cache_memory_bytes=st.one_of(st.none(), SIZES),
    max_num_batched_tokens=SIZES,
    max_num_seqs=SIZES,
    fraction=st.one_of(st.none(), st.floats(0.001, 1)),
    speculative_tokens=st.integers(0, 1024),
    ray_threshold=st.one_of(st.none(), st.floats(0.001, 1)),
    alternatives=st.lists(st.builds(Alternative, st.just("a/b"), st.just("fp8"), SIZES), max_size=1).map(tuple),
)


@given(st.one_of(REQUESTS, PLAUSIBLE))
@settings(max_examples=300)
def test_any_numbers_get_six_answers_and_no_exception(request: MemoryRequest) -> None:
    memories = plan_memory(request)
    assert len(memories) == len(request.nodes)
    assert all(len(memory.checks) == 6 for memory in memories)


@given(PLAUSIBLE)
@settings(max_examples=300)
def test_every_band_has_its_point_inside(request: MemoryRequest) -> None:
    for memory in plan_memory(request):
        assert all(term.low <= term.bytes <= term.high for term in memory.terms)
        if memory.kv_tokens is not None:
            assert (memory.kv_tokens_low or 0) <= memory.kv_tokens <= (memory.kv_tokens_high or 0)


@given(PLAUSIBLE)
def test_a_missing_fact_is_never_a_yes(request: MemoryRequest) -> None:
    blind = replace(request, shape=None, weight_bytes=None, measurement=None, kv_cache_memory_bytes=None)
    verdicts = {found.name: found.verdict for found in first(blind).checks}
    assert verdicts["load-peak"] == verdicts["kv-positive"] == verdicts["kv-one-request"] == "unknown"


@given(st.integers(1, 10**12), st.integers(1, 10**12))
def test_a_longer_context_never_needs_less(one: int, other: int) -> None:
    short, long = sorted((one, other))
    request = two_sparks("olka-fi/MiniMax-M2.7-MXFP4", 0.82)
    need = [check(replace(request, max_model_len=tokens), "kv-one-request").wanted or 0 for tokens in (short, long)]
    assert need[0] <= need[1]


@given(st.floats(0.1, 0.99), st.floats(0.1, 0.99))
def test_a_higher_fraction_never_holds_fewer_tokens(one: float, other: float) -> None:
    low, high = sorted((one, other))
    tokens = [first(two_sparks("olka-fi/MiniMax-M2.7-MXFP4", share)).kv_tokens or 0 for share in (low, high)]
    assert tokens[0] <= tokens[1]


@given(st.integers(0, 60))
def test_more_reserved_memory_never_leaves_more_for_the_host(gib: int) -> None:
    request = two_sparks("olka-fi/MiniMax-M2.7-MXFP4", 0.82)
    less, more = (replace(request, nodes=sparks(2, reserved=amount * GIB)) for amount in (gib, gib + 1))
    assert (check(less, "host-headroom").found or 0) > (check(more, "host-headroom").found or 0)


@given(st.integers(1, 10**13))
def test_a_cache_that_holds_the_longest_request_does_not_hold_one_more_token(available: int) -> None:
    layout = layout_of(two_sparks("nvidia/Qwen3.6-35B-A3B-NVFP4", 0.5, tensor=1))
    assert isinstance(layout, CacheLayout)
    longest = layout.longest_in(available, 10**9)
    assert longest == 0 or layout.least_for(longest).high <= available
    assert layout.least_for(longest + 1).high > available


def test_a_trillion_tokens_are_refused_with_the_arithmetic() -> None:
    found = check(two_sparks("olka-fi/MiniMax-M2.7-MXFP4", 0.82, max_model_len=10**12), "kv-one-request")
    assert found.verdict == "no"
    assert "1,000,000,000,000 tokens" in found.explanation
    assert any("max_model_len" in way for way in found.ways_out)
