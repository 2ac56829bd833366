"""The pinned release of vLLM decides how its cache is laid out. Each number comes out of `make formulas`."""

from __future__ import annotations

from dataclasses import replace

import pytest
from launches import GIB, sparks, two_sparks

from sparkc.catalog.models import Shape, find_family
from sparkc.resolve.memory import MemoryRequest
from sparkc.resolve.memory.host import object_store_on
from sparkc.resolve.memory.kv_cache import CacheLayout, layout_of


def launch(family: str, version: str | None, **changes: object) -> MemoryRequest:
    model = find_family(family)
    assert model is not None
    request = two_sparks("olka-fi/MiniMax-M2.7-MXFP4", 0.8, tensor=1, kv_cache_dtype="auto", nodes=sparks(1))
    return replace(request, shape=model.shape, engine_version=version, **changes)


def layout(request: MemoryRequest) -> CacheLayout:
    found = layout_of(request)
    assert isinstance(found, CacheLayout), found
    return found


@pytest.mark.parametrize(
    ("version", "slots"),
    [
        pytest.param("0.24.0", 1, id="prefixes of hybrids are not cached by default"),
        pytest.param("0.26.0", 2, id="they are, and the last state is kept"),
        pytest.param("0.33.0", 3, id="and one that the prefill hands out"),
        pytest.param(None, 3, id="an unknown version is taken for the newest"),
    ],
)
def test_states_of_a_request(version: str | None, slots: int) -> None:
    assert layout(launch("qwen3.6-35b-a3b", version)).state_slots == slots
    assert layout(launch("qwen3.6-35b-a3b", version, prefix_caching=False)).state_slots == 1


@pytest.mark.parametrize(("version", "block"), [("0.26.0", 1056), ("0.33.0", 1088)])
def test_a_block_that_holds_a_state_is_aligned_to_what_the_prefill_hands_out(version: str, block: int) -> None:
    assert layout(launch("qwen3.6-35b-a3b", version)).block_tokens == block


@pytest.mark.parametrize(("version", "block"), [("0.18.1", 1056), ("0.21.0", 1280)])
def test_a_block_that_is_asked_for_is_a_step_from_020_on(version: str, block: int) -> None:
    assert layout(launch("qwen3.6-35b-a3b", version, block_size=256)).block_tokens == block


def test_mamba_kept_every_state_while_prefixes_were_cached() -> None:
    """One state for every block of the context before 0.28: the cache of a long request is many times larger."""
    before = layout(launch("nemotron-3-nano", "0.27.1"))
    after = layout(launch("nemotron-3-nano", "0.28.0"))
    assert before.states_grow
    assert before.block_tokens % 128 == 0
    assert not after.states_grow
    assert before.need(1_000_000).point > 3 * after.need(1_000_000).point
    assert not layout(launch("nemotron-3-nano", "0.20.0", prefix_caching=True, **MTP)).states_grow


MTP = {"speculative": "mtp", "speculative_tokens": 3}


@pytest.mark.parametrize(
    ("version", "asynchronous", "steps"),
    [("0.24.0", None, 1), ("0.26.0", None, 2), ("0.26.0", False, 1), (None, None, 2)],
)
def test_a_window_keeps_the_tokens_of_the_steps_under_way(
    version: str | None, asynchronous: bool | None, steps: int
) -> None:
    found = layout(launch("gpt-oss-120b", version, async_scheduling=asynchronous, max_num_batched_tokens=4096))
    assert found.in_flight == steps * 4096


def test_several_mtp_layers_read_tokens_again() -> None:
    before, after = (layout(launch("step-3.7-flash", version, **MTP)) for version in ("0.27.1", "0.28.0"))
    assert after.in_flight - before.in_flight == 2


def test_pages_that_do_not_divide_are_refused_before_024_and_filled_up_since() -> None:
    shape = Shape(
        attention="sliding-window", layers=2, attention_layers=1, sliding_layers=1, window=128, hidden_size=1024,
        attention_heads=8, kv_heads=4, head_dim=128, sliding_kv_heads=6, vocab_size=1000, max_position_embeddings=8192,
    )  # fmt: skip
    request = replace(launch("gpt-oss-120b", "0.23.0"), shape=shape)
    assert "cannot be made alike" in str(layout_of(request))
    filled = layout(replace(request, engine_version="0.24.0"))
    assert (filled.block_tokens, filled.sliding_block) == (16, 16)
    assert filled.bytes_per_block == 16 * 2 * 6 * 128 * 2


@pytest.mark.parametrize(("version", "blocks"), [("0.24.0", (256, 64)), ("0.26.0", (64, 16)), ("0.30.0", (256, 64))])
def test_a_window_starts_from_the_smallest_block_from_025_to_029(version: str, blocks: tuple[int, int]) -> None:
    """A window with four times the heads holds a quarter of the tokens in the same page."""
    found = layout(replace(wide_window(version), block_size=64))
    assert (found.block_tokens, found.sliding_block) == blocks


def wide_window(version: str) -> MemoryRequest:
    shape = Shape(
        attention="sliding-window", layers=2, attention_layers=1, sliding_layers=1, window=128, hidden_size=1024,
        attention_heads=16, kv_heads=2, head_dim=128, sliding_kv_heads=8, vocab_size=1000, max_position_embeddings=8192,
    )  # fmt: skip
    return replace(launch("gpt-oss-120b", version), shape=shape)


def test_the_pool_keeps_a_block_for_itself() -> None:
    found = layout(launch("llama-3.3-70b", "0.33.0"))
    assert found.least_for(4096).point == found.need(4096).point + found.bytes_per_block
    assert found.longest_in(found.least_for(4096).point, 10**6) == 4096
    assert found.longest_in(found.least_for(4096).point - 1, 10**6) == 4096 - 16


def test_the_index_of_a_latent_takes_132_bytes_whatever_the_cache_holds() -> None:
    base = find_family("deepseek-v3")
    assert base is not None
    shape = replace(base.shape, index_layers=61, index_dim=128)
    for dtype in ("auto", "fp8", "fp8_ds_mla"):
        request = replace(launch("deepseek-v3", "0.33.0", kv_cache_dtype=dtype), shape=shape)
        assert layout(request).side_bytes.point == 61 * 132


def test_an_index_is_counted_in_whole_blocks() -> None:
    found = layout(launch("minimax-m3", "0.33.0"))
    assert found.need(1) == found.need(16)
    assert found.need(16).point == found.bytes_per_block + 16 * 57 * 128 * 2


def test_latent_hybrids_have_blocks_of_128() -> None:
    base = find_family("deepseek-v3")
    assert base is not None
    shape = replace(
        base.shape, attention="hybrid-kda", attention_layers=7, state_layers=20, conv_kernel=4, key_heads=32,
        key_dim=128, value_heads=32, value_dim=128,
    )  # fmt: skip
    requests = (launch("deepseek-v3", version, tensor=2) for version in ("0.26.0", "0.27.0"))
    blocks = [layout(replace(request, shape=shape)).block_tokens for request in requests]
    assert blocks == [960, 1024]


def test_states_follow_the_width_that_the_model_asks_for() -> None:
    """config.json of Qwen3-Next asks for no 32 bits: vLLM keeps its states in 16."""
    assert layout(launch("qwen3-next-80b", "0.26.0")).block_tokens == 544


def test_groups_that_ranks_do_not_divide_are_filled_up() -> None:
    """Two groups on eight ranks are eight: the convolution of each rank has a whole group."""
    model = find_family("nemotron-3-nano")
    assert model is not None
    few = replace(launch("nemotron-3-nano", "0.33.0", tensor=8), shape=replace(model.shape, state_groups=2))
    many = replace(few, shape=replace(model.shape, state_groups=8))
    assert layout(few) == layout(many)


@pytest.mark.parametrize(
    ("shared", "store"),
    [(None, 36), (64 * GIB, 36), (16 * GIB, 15.2), (64 * 2**20, 10**10 / GIB)],
)
def test_a_small_shared_memory_caps_the_object_store(shared: int | None, store: float) -> None:
    request = launch("gpt-oss-120b", "0.33.0", executor="ray")
    node = replace(request.nodes[0], total=120 * GIB, object_store=None, shared_memory=shared)
    assert object_store_on(request, node) / GIB == pytest.approx(store)
