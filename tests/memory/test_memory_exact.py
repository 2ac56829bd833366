"""What can be computed exactly is exact: pages, requests, blocks, the check at start."""

from __future__ import annotations

from typing import Any

import pytest
from launches import CASES, GIB, check, first, measured, two_sparks

from sparkc.catalog.models import shape_from
from sparkc.resolve.memory.fraction import share_of
from sparkc.resolve.memory.kv_cache import CacheLayout, layout_of
from sparkc.resolve.memory.weights import padded_heads, weights_per_rank


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


# --- heads that do not divide, and drafts ----------------------------------------------------------------------------

DRAFT = {
    "attention": "uniform",
    "layers": 1,
    "hidden_size": 6144,
    "attention_heads": 96,
    "kv_heads": 96,
    "head_dim": 128,
    "vocab_size": 200064,
    "max_position_embeddings": 1048576,
}
"""Inferact/MiniMax-M3-EAGLE3, padded: k_proj and v_proj grow from 8192 to 12288 features of 128 wide heads
(https://github.com/tonyd2wild/Minimax-M3-NVFP-3x-DGX-Sparks-TP-3 README, EAGLE3 bring-up)."""


@pytest.mark.parametrize(
    ("heads", "kv_heads", "tensor", "padded"),
    [
        pytest.param(64, 4, 3, (96, 6), id="MiniMax M3 on three ranks, as the fork's commit fb63c9a says"),
        pytest.param(64, 4, 4, (64, 4), id="one KV head each"),
        pytest.param(48, 8, 16, (48, 8), id="more ranks than KV heads: copies, no padding"),
        pytest.param(48, 8, 3, (54, 9), id="three KV heads each, with six heads that belong to them"),
    ],
)
def test_heads_are_padded_until_they_divide(heads: int, kv_heads: int, tensor: int, padded: tuple[int, int]) -> None:
    shape = shape_from(DRAFT | {"attention_heads": heads, "kv_heads": kv_heads})
    assert padded_heads(shape, tensor) == padded


def test_padded_heads_are_loaded_too() -> None:
    """60 layers × 6144 × (32 + 32 + 2 + 2 more heads) × 128 × 2 bytes / 3 ranks are 1.99 GiB."""
    three, four = (
        weights_per_rank(two_sparks("lukealonso/MiniMax-M3-NVFP4", 0.82, tensor=tensor, weight_bytes=240 * GIB))
        for tensor in (3, 4)
    )
    assert three is not None
    assert four is not None
    assert three.bytes.point - 80 * GIB - (four.bytes.point - 60 * GIB) == 60 * 6144 * 68 * 128 * 2 // 3
    assert three.bytes.low - 80 * GIB - (four.bytes.low - 60 * GIB) == 60 * 6144 * 68 * 128 // 2 // 3


def test_a_padded_draft_lacks_what_the_engine_said() -> None:
    """With it 131072 tokens failed by about 80 MB of cache, and the engine named 129408 as the longest: 13 blocks."""
    request = two_sparks(
        "lukealonso/MiniMax-M3-NVFP4",
        0.82,
        tensor=3,
        kv_cache_dtype="fp8_e4m3",
        block_size=128,
        speculative="draft",
        speculative_tokens=3,
        draft_weight_bytes=0,
        draft_shape=shape_from(DRAFT),
    )
    found = layout_of(request)
    assert isinstance(found, CacheLayout)
    assert found.token_bytes == 30_720 + 14_592 + 8_192
    wanted, fits, one_more = (found.need(tokens).point for tokens in (131_072, 129_408, 129_408 + 128))
    # The log counts in units of 2^20 bytes.
    assert wanted - one_more <= 80 * 2**20 <= wanted - fits


def test_a_draft_is_weighed_with_the_model() -> None:
    plain = weights_per_rank(two_sparks("olka-fi/MiniMax-M2.7-MXFP4", 0.82))
    drafting = weights_per_rank(
        two_sparks("olka-fi/MiniMax-M2.7-MXFP4", 0.82, speculative="draft", draft_weight_bytes=2 * GIB)
    )
    assert plain is not None
    assert drafting is not None
    assert drafting.bytes.point - plain.bytes.point == GIB
    assert drafting.bytes.high - plain.bytes.high == 2 * GIB
    assert drafting.formula.endswith("2.00 GiB / 2 of draft")


# --- what a token costs in each model --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("family", "kv_cache_dtype", "token_bytes"),
    [
        pytest.param("glm-4.5-air", "auto", 46 * 2 * 8 * 128 * 2, id="46 layers with 8 heads of 128"),
        pytest.param("ministral-3-8b", "fp8", 34 * 2 * 8 * 128, id="34 layers with 8 heads of 128"),
        pytest.param("deepseek-v3", "auto", 61 * 576 * 2, id="61 latents"),
        pytest.param(
            "deepseek-v3.2", "auto", 61 * (576 * 2 + 132), id="61 latents and 61 indexes, 8 bits wide in any case"
        ),
        pytest.param("deepseek-v3.2", "fp8", 61 * (656 + 132), id="fp8 is fp8_ds_mla where attention is sparse"),
        pytest.param("glm-5.2", "fp8_ds_mla", 78 * 656 + 21 * 132, id="78 latents and 21 indexes without drafting"),
        pytest.param("kimi-linear-48b-a3b", "auto", 7 * 576 * 2, id="seven of 27 layers keep a latent"),
        pytest.param("qwen3.5-122b-a10b", "auto", 12 * 2 * 2 * 256 * 2, id="twelve of 48 layers keep 2 heads of 256"),
        pytest.param("qwen3-next-80b", "fp8", 12 * 2 * 2 * 256, id="the same in 80B, and in 8 bits"),
        pytest.param("mimo-v2-flash", "auto", 9 * 4 * (192 + 128) * 2, id="keys wider than values"),
        pytest.param("gemma-4-26b-a4b", "auto", 5 * 2 * 2 * 512 * 2, id="five full layers with 2 heads of 512"),
    ],
)
def test_a_token_takes_what_its_layers_keep(family: str, kv_cache_dtype: str, token_bytes: int) -> None:
    found = layout({"shape": family, "kv_cache_dtype": kv_cache_dtype, "max_model_len": 4096})
    assert found.token_bytes == token_bytes


@pytest.mark.parametrize("family", ["deepseek-v4-flash", "glm-5.3-flash", "qwen3.8-flash-next"])
def test_a_cache_that_is_not_understood_is_not_computed(family: str) -> None:
    found = layout_of(measured({"shape": family, "kv_cache_dtype": "fp8", "max_model_len": 4096}))
    assert isinstance(found, str)
    assert "does not understand" in found
