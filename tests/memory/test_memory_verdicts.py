"""Launches that ran are not refused; launches that failed for want of memory are not waved through."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
from launches import CASES, GIB, SPARK_TOTAL, check, first, sparks, two_sparks

from sparkc.resolve.memory import Alternative, Measurement, MemoryRequest, plan_memory

NAMES = ["free-at-start", "load-peak", "kv-positive", "kv-one-request", "host-headroom", "ray-threshold"]


def launch(case: dict[str, Any]) -> MemoryRequest:
    store = None if case.get("uncapped") else 2 * GIB
    nodes = sparks(case["nodes"], case.get("total", 119.67), object_store=store, reserved=case.get("reserved", 0) * GIB)
    return two_sparks(
        case["model"],
        case["fraction"],
        nodes=nodes,
        tensor=case["nodes"],
        executor="ray" if case["nodes"] > 1 else "mp",
        engine_version=case["version"],
        max_model_len=case["max_model_len"],
        kv_cache_dtype=case["kv_cache_dtype"],
        max_num_batched_tokens=case.get("max_num_batched_tokens"),
        ray_threshold=case.get("threshold"),
        cuda_graphs=case.get("graphs"),
        speculative="mtp" if case.get("mtp") else "none",
        speculative_tokens=case.get("mtp", 0),
    )


@pytest.mark.parametrize("case", [pytest.param(case, id=case["id"]) for case in CASES["boots"]])
def test_a_launch_that_ran_is_not_refused(case: dict[str, Any]) -> None:
    verdicts = {found.name: found.verdict for found in first(launch(case)).checks}
    assert list(verdicts) == NAMES
    assert "no" not in verdicts.values(), verdicts


@pytest.mark.parametrize("case", [pytest.param(case, id=case["id"]) for case in CASES["refusals"]])
def test_a_launch_that_failed_is_not_waved_through(case: dict[str, Any]) -> None:
    assert check(launch(case), case["check"]).verdict in ("no", "tight")


def test_a_host_with_too_little_left_is_at_least_tight() -> None:
    """The boot that left 1.81 GiB came up with 6.82 GiB in swap: a warning, and about the right number."""
    case = next(case for case in CASES["boots"] if case["id"] == "nemotron-super-at-0.9")
    found = check(launch(case), "host-headroom")
    assert found.verdict == "tight"
    assert found.found == pytest.approx(1.81 * GIB, abs=0.5 * GIB)


def test_the_published_launch_passes_everything() -> None:
    checks = first(two_sparks("olka-fi/MiniMax-M2.7-MXFP4", 0.82)).checks
    assert {found.name: found.verdict for found in checks} == dict.fromkeys(NAMES, "yes")


def test_fp8_on_two_sparks_leaves_less_than_nothing_for_the_cache() -> None:
    found = check(two_sparks("MiniMaxAI/MiniMax-M2.7", 0.85), "kv-positive")
    assert found.verdict == "no"
    assert found.found is not None
    assert found.found < -5 * GIB
    assert "101.72 budget − 107.04 weights − 3.81 overhead" in found.explanation


def test_a_smaller_checkpoint_and_more_nodes_are_computed_ways_out() -> None:
    smaller = Alternative("saricles/MiniMax-M2.7-NVFP4-GB10", "nvfp4", 130_600_000_000)
    larger = Alternative("someone/MiniMax-M2.7-BF16", "bf16", 457_000_000_000)
    found = check(two_sparks("MiniMaxAI/MiniMax-M2.7", 0.85, alternatives=(smaller, larger)), "kv-positive")
    assert found.ways_out == (
        "take saricles/MiniMax-M2.7-NVFP4-GB10 (nvfp4, 131 GB)",
        "spread the model over 4 nodes",
    )


def test_every_fraction_offered_passes_when_it_is_taken() -> None:
    request = two_sparks("olka-fi/MiniMax-M2.7-MXFP4", 0.90)
    found = check(request, "host-headroom")
    assert found.verdict == "tight"
    offered = next(way for way in found.ways_out if way.startswith("set gpu_memory_utilization to "))
    fraction = float(offered.rpartition(" ")[2])
    assert check(replace(request, fraction=fraction), "host-headroom").verdict == "yes"
    assert check(replace(request, fraction=round(fraction + 0.01, 2)), "host-headroom").verdict == "tight"


def test_a_shorter_context_that_is_offered_fits() -> None:
    request = two_sparks("saricles/MiniMax-M2.7-NVFP4-GB10-AC", 0.70, kv_cache_dtype="auto")
    found = check(request, "kv-one-request")
    offered = next(way for way in found.ways_out if "max_model_len" in way)
    tokens = int(offered.split()[3].replace(",", ""))
    assert tokens < 131072
    assert check(replace(request, max_model_len=tokens), "kv-one-request").verdict == "yes"


class TestMeasuredBoot:
    """https://github.com/eugr/spark-vllm-docker/issues/396: 28.74 GiB of cache at 0.85 of 121.69 GiB."""

    BOOT = Measurement(round(121.69 * GIB), 0.85, round(28.74 * GIB), "eugr/spark-vllm-docker issue 396")

    def at(self, fraction: float, measurement: Measurement | None) -> MemoryRequest:
        return two_sparks(
            "cyankiwi/MiniMax-M2.7-AWQ-4bit",
            fraction,
            nodes=sparks(2, 121.69),
            kv_cache_dtype="auto",
            max_model_len=196608,
            measurement=measurement,
        )

    def test_196608_tokens_are_refused_at_080(self) -> None:
        found = check(self.at(0.80, self.BOOT), "kv-one-request")
        assert found.verdict == "no"
        block = 16 * 2 * 4 * 128 * 2 * 62
        assert found.wanted == pytest.approx(23.25 * GIB + block, rel=1e-9)
        assert found.found == pytest.approx(22.66 * GIB, rel=1e-3)

    def test_they_pass_at_085(self) -> None:
        assert check(self.at(0.85, self.BOOT), "kv-one-request").verdict == "yes"

    def test_without_it_nothing_is_promised(self) -> None:
        assert check(self.at(0.85, None), "kv-one-request").verdict == "unknown"

    def test_with_a_size_only_the_band_is_named(self) -> None:
        """The published launch loads with InstantTensor; its checkpoint's size is assumed here."""
        request = replace(self.at(0.80, None), weight_bytes=128 * 10**9, load_format="instanttensor")
        found = check(request, "kv-one-request")
        assert found.verdict == "tight"
        assert re.search(r"leaves [\d.]+ GiB \([\d.]+ to [\d.]+\)", found.explanation)


class TestUnknown:
    """A missing fact is never a yes."""

    def test_without_a_shape_the_request_is_unknown(self) -> None:
        found = check(two_sparks("olka-fi/MiniMax-M2.7-MXFP4", 0.82, shape=None), "kv-one-request")
        assert found.verdict == "unknown"
        assert "shape is not known" in found.explanation

    @pytest.mark.parametrize("name", ["load-peak", "kv-positive"])
    def test_without_a_size_the_weights_are_unknown(self, name: str) -> None:
        found = check(two_sparks("olka-fi/MiniMax-M2.7-MXFP4", 0.82, weight_bytes=None), name)
        assert found.verdict == "unknown"
        assert "size of the checkpoint" in found.explanation

    def test_a_draft_model_makes_the_cache_unknown(self) -> None:
        request = two_sparks("olka-fi/MiniMax-M2.7-MXFP4", 0.82, speculative="draft", speculative_tokens=3)
        assert check(request, "kv-one-request").verdict == "unknown"

    def test_a_cache_type_nobody_described_is_unknown(self) -> None:
        request = two_sparks("olka-fi/MiniMax-M2.7-MXFP4", 0.82, kv_cache_dtype="int4_per_token_head")
        assert check(request, "kv-one-request").verdict == "unknown"

    def test_the_default_of_an_unknown_version_is_unknown(self) -> None:
        request = replace(two_sparks("olka-fi/MiniMax-M2.7-MXFP4", 0.82), fraction=None, engine_version=None)
        assert check(request, "free-at-start").verdict == "unknown"
        assert first(request).budget is None

    @pytest.mark.parametrize(
        ("version", "share"), [("0.18.1", 0.90), ("0.19.1", 0.90), ("0.20.0", 0.92), ("0.33.0", 0.92)]
    )
    def test_a_default_that_was_read_is_used(self, version: str, share: float) -> None:
        request = replace(two_sparks("olka-fi/MiniMax-M2.7-MXFP4", 0.82), fraction=None, engine_version=version)
        assert first(request).budget == pytest.approx(SPARK_TOTAL * share, abs=1)

    def test_an_unknown_cache_on_one_node_makes_tokens_unknown(self) -> None:
        memory = first(two_sparks("olka-fi/MiniMax-M2.7-MXFP4", 0.82, weight_bytes=None))
        assert (memory.kv_tokens, memory.concurrency) == (None, None)


def test_the_smallest_node_decides_for_all() -> None:
    small, large = sparks(1, 100)[0], sparks(1, 121.69)[0]
    memories = plan_memory(two_sparks("olka-fi/MiniMax-M2.7-MXFP4", 0.82, nodes=(large, small)))
    alone = plan_memory(two_sparks("olka-fi/MiniMax-M2.7-MXFP4", 0.82, nodes=(small, small)))
    assert memories[0].kv_tokens == memories[1].kv_tokens == alone[0].kv_tokens


def test_what_is_reserved_comes_out_of_the_host_and_not_out_of_the_budget() -> None:
    plain = two_sparks("olka-fi/MiniMax-M2.7-MXFP4", 0.82)
    shared = replace(plain, nodes=sparks(2, reserved=8 * GIB))
    assert first(shared).budget == first(plain).budget
    assert check(shared, "host-headroom").verdict == "tight"
    assert "stop the services that reserve memory on this node" in check(shared, "host-headroom").ways_out


def test_preflight_asks_for_the_budget_and_a_margin() -> None:
    memory = first(two_sparks("olka-fi/MiniMax-M2.7-MXFP4", 0.82))
    assert memory.budget is not None
    assert memory.needed_free == memory.budget + 2 * GIB


def test_terms_inside_the_budget_add_up_to_it() -> None:
    memory = first(two_sparks("olka-fi/MiniMax-M2.7-MXFP4", 0.82, engine_version="0.33.0"))
    assert sum(term.bytes for term in memory.terms if term.inside_budget) == memory.budget


def test_all_terms_add_up_to_the_node() -> None:
    memory = first(two_sparks("olka-fi/MiniMax-M2.7-MXFP4", 0.82))
    assert sum(term.bytes for term in memory.terms) == memory.total


def test_graphs_leave_the_cache_alone_before_vllm_021() -> None:
    old = first(two_sparks("olka-fi/MiniMax-M2.7-MXFP4", 0.82, engine_version="0.18.1"))
    new = first(two_sparks("olka-fi/MiniMax-M2.7-MXFP4", 0.82, engine_version="0.33.0"))
    off = first(two_sparks("olka-fi/MiniMax-M2.7-MXFP4", 0.82, engine_version="0.33.0", cuda_graphs=False))
    assert old.kv_tokens == off.kv_tokens
    assert new.kv_tokens is not None
    assert off.kv_tokens is not None
    assert new.kv_tokens < off.kv_tokens


class TestSGLang:
    """Its fraction is one of the memory that is free before loading, on the node with the least of it."""

    def request(self, **changes: object) -> MemoryRequest:
        return two_sparks("saricles/MiniMax-M2.7-NVFP4-GB10-AC", 0.75, engine="sglang", executor="mp", **changes)

    def test_the_budget_is_smaller_than_the_fraction_of_the_total(self) -> None:
        budget = first(self.request()).budget
        assert budget is not None
        assert budget < 0.75 * SPARK_TOTAL

    def test_nodes_that_differ_too_much_are_refused_as_sglang_does(self) -> None:
        leaking = replace(sparks(1)[0], name="spark-2", reserved=33 * GIB)
        found = check(self.request(nodes=(sparks(1)[0], leaking)), "free-at-start")
        assert found.verdict == "no"
        assert "spark-2 has the least free memory" in found.explanation

    def test_the_least_free_node_sets_the_budget_of_all(self) -> None:
        leaking = replace(sparks(1)[0], name="spark-2", reserved=8 * GIB)
        even, uneven = plan_memory(self.request()), plan_memory(self.request(nodes=(sparks(1)[0], leaking)))
        assert even[0].budget is not None
        assert uneven[0].budget == uneven[1].budget
        assert uneven[0].budget == pytest.approx(even[0].budget - 0.75 * 8 * GIB, abs=2)


def test_discrete_memory_is_not_the_host_s() -> None:
    npu = replace(sparks(1, 61.27)[0], unified=False, ranks=8)
    found = check(two_sparks("MiniMaxAI/MiniMax-M2.7", 0.9, nodes=(npu,), tensor=8), "host-headroom")
    assert found.verdict == "yes"


def test_pipeline_stages_hold_a_part_of_the_layers() -> None:
    whole = first(two_sparks("olka-fi/MiniMax-M2.7-MXFP4", 0.82, tensor=1)).kv_bytes_per_token
    staged = first(two_sparks("olka-fi/MiniMax-M2.7-MXFP4", 0.82, tensor=1, pipeline=2)).kv_bytes_per_token
    assert whole == 2 * (staged or 0)


def test_experts_spread_over_data_ranks_and_attention_does_not() -> None:
    """98 % of MiniMax's parameters are experts: two data ranks halve those and repeat the rest."""
    alone = first(two_sparks("MiniMaxAI/MiniMax-M2.7", 0.85, tensor=1))
    spread = first(two_sparks("MiniMaxAI/MiniMax-M2.7", 0.85, tensor=1, data=2, expert=2))
    share = spread.terms[0].bytes / alone.terms[0].bytes
    assert 0.505 < share < 0.515
