"""What can be computed exactly is exact: pages, requests, blocks, the check at start."""

from __future__ import annotations

from typing import Any

import pytest
from launches import CASES, GIB, check, first, measured, two_sparks

from sparkc.resolve.memory.fraction import share_of
from sparkc.resolve.memory.kv_cache import CacheLayout, layout_of


def each(kind: str) -> Any:
    return pytest.mark.parametrize("case", [pytest.param(case, id=case["id"]) for case in CASES[kind]])


def layout(case: dict[str, Any]) -> CacheLayout:
    found = layout_of(measured({"max_model_len": 4096} | case))
    assert isinstance(found, CacheLayout)
    return found


@each("capacity")
def test_the_engine_s_own_cache_gives_its_own_tokens(case: dict[str, Any]) -> None:
    cache, context = round(case["kv"] * GIB), case["max_model_len"]
    if "tokens" in case:
        assert layout(case).tokens_in(cache, context) == pytest.approx(case["tokens"], rel=case["within"])
    if "concurrency" in case:
        # The log prints two digits after the point.
        allowed = 0.005 + case["within"] * case["concurrency"]
        assert float(layout(case).concurrency(cache, context)) == pytest.approx(case["concurrency"], abs=allowed)


@each("need")
def test_one_request_needs_what_the_engine_said(case: dict[str, Any]) -> None:
    assert layout(case).need(case["tokens"]).point / GIB == pytest.approx(case["need"], abs=0.005)


@each("longest")
def test_the_longest_request_is_the_one_of_the_refusal(case: dict[str, Any]) -> None:
    longest = layout(case).longest_in(round(case["available"] * GIB), case["at_most"])
    assert longest == pytest.approx(case["longest"], rel=case["within"])


@each("blocks")
def test_a_state_stretches_the_block_to_what_vllm_logs(case: dict[str, Any]) -> None:
    assert layout(case).block_tokens == case["block"]


@each("asked")
def test_the_fraction_is_one_of_the_total(case: dict[str, Any]) -> None:
    asked = share_of(round(case["total"] * GIB), case["fraction"])
    assert asked / GIB == pytest.approx(case["asked"], abs=0.01)


@pytest.mark.parametrize(("dtype", "kib"), [("fp8", 124), ("auto", 248), ("bfloat16", 248)])
def test_a_token_of_minimax_takes_124_or_248_kib(dtype: str, kib: int) -> None:
    memory = first(two_sparks("MiniMaxAI/MiniMax-M2.7", 0.85, tensor=1, kv_cache_dtype=dtype))
    assert memory.kv_bytes_per_token == kib * 1024


def test_a_latent_does_not_shrink_with_tensor_parallelism() -> None:
    case = next(case for case in CASES["need"] if case["id"].startswith("glm"))
    assert layout(case | {"tensor": 1}).token_bytes == layout(case | {"tensor": 8}).token_bytes == 54_728


def test_three_ranks_hold_padded_heads() -> None:
    """64 attention and 4 KV heads over three ranks are padded to 96 and 6: half as much again per token."""
    padded = first(two_sparks("lukealonso/MiniMax-M3-NVFP4", 0.82, tensor=3)).kv_bytes_per_token
    index = 57 * 128 * 2
    assert padded == 60 * 2 * 2 * 128 + index


def test_more_ranks_than_heads_keep_one_head_each() -> None:
    eight = first(two_sparks("MiniMaxAI/MiniMax-M2.7", 0.85, tensor=8)).kv_bytes_per_token
    sixteen = first(two_sparks("MiniMaxAI/MiniMax-M2.7", 0.85, tensor=16)).kv_bytes_per_token
    assert eight == sixteen == 62 * 2 * 128


def test_a_window_stops_growing() -> None:
    """gpt-oss: 18 layers see everything, 18 see 128 tokens; a doubled context doubles the first half only."""
    request = two_sparks("openai/gpt-oss-120b", 0.85, tensor=1, kv_cache_dtype="auto", max_num_batched_tokens=2048)
    found = layout_of(request)
    assert isinstance(found, CacheLayout)
    assert found.need(131072).point - found.need(65536).point == 65536 * 36_864


def test_a_pin_is_the_cache() -> None:
    memory = first(two_sparks("olka-fi/MiniMax-M2.7-MXFP4", 0.82, kv_cache_memory_bytes=8 * GIB))
    assert memory.kv_tokens_low == memory.kv_tokens == memory.kv_tokens_high == 8 * GIB // 63_488 // 16 * 16


def test_a_pin_does_not_lift_the_check_at_start() -> None:
    """With a pinned cache vLLM still asks for its fraction of the total (NVIDIA/xr-ai pull request 462)."""
    pinned = two_sparks("olka-fi/MiniMax-M2.7-MXFP4", 0.98, kv_cache_memory_bytes=8 * GIB)
    assert check(pinned, "free-at-start").verdict == "no"
