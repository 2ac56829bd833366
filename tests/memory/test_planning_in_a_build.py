"""The planner inside a build: fast, calm about nonsense, and calibrated by a boot that a model file carries."""

from __future__ import annotations

import datetime
import time
from pathlib import Path
from typing import Any

import pytest
import yaml
from launches import sparks, two_sparks

from sparkc.cli.toolbox import toolbox
from sparkc.driver import Launch, compile_spec
from sparkc.resolve.memory import plan_memory
from sparkc.source.project import Plugins

M3 = {
    "apiVersion": "sparkc/v1",
    "name": "m3-three",
    "model": {"id": "lukealonso/MiniMax-M3-NVFP4"},
    "quant": "nvfp4",
    "engine": {
        "name": "vllm",
        "version": "0.27.1",
        "image": "vllm-node:latest",
        "executor": "mp",
        "fork": {"provides": ["virtual-sharding"]},
    },
    "nodes": {
        "hardware": "dgx-spark",
        "hosts": [{"name": f"spark-{index}", "address": f"10.0.0.{index}"} for index in (1, 2, 3)],
    },
    "interconnect": {"kind": "roce", "interface": "enp1s0f0np0", "hca": ["rocep1s0f0", "roceP2p1s0f0"]},
    "parallelism": {"tensor": 3},
    "serving": {
        "max_model_len": 200000,
        "max_num_batched_tokens": 512,
        "kv_cache_dtype": "fp8_e4m3",
        "memory": {"gpu_memory_utilization": 0.82},
    },
    "targets": ["shell"],
}


def launch(folder: Path, spec: dict[str, Any]) -> Launch:
    path = folder / "spec.yaml"
    path.write_text(yaml.safe_dump(spec), encoding="utf-8")
    return compile_spec(path, folder, toolbox(Plugins()), datetime.date(2026, 11, 20)).launches[0]


@pytest.mark.parametrize("fraction", [0.82, 0.95], ids=["passes", "refused, with ways out"])
def test_planning_takes_less_than_five_milliseconds(fraction: float) -> None:
    request = two_sparks("MiniMaxAI/MiniMax-M2.7", fraction, nodes=sparks(8), tensor=8)
    plan_memory(request)

    def once() -> float:
        begin = time.perf_counter()
        plan_memory(request)
        return time.perf_counter() - begin

    assert min(once() for _ in range(10)) < 0.005


def test_three_sparks_hold_a_third_of_minimax_m3_each(tmp_path: Path) -> None:
    """243 GB / 3 = 75.44 GiB, padding takes 1.99 more, and 0.82 × 119.67 = 98.13 GiB are the budget."""
    plan = launch(tmp_path, M3).plan
    assert plan is not None
    memory = plan.nodes[0].memory
    terms = {term.name: term for term in memory.terms}
    assert terms["weights"].formula == "226.31 GiB / 3 + 0.40 GiB + 1.99 GiB to pad 64 and 4 heads to 96 and 6"
    assert terms["weights"].bytes / 2**30 == pytest.approx(243e9 / 3 / 2**30 + 0.40 + 1.99, abs=0.01)
    parts = [float(part) for part in terms["KV cache"].formula.split(" − ")]
    assert parts[0] - sum(parts[1:]) == pytest.approx(terms["KV cache"].bytes / 2**30, abs=0.03)
    assert "no" not in {check.verdict for check in memory.checks}


def test_three_sparks_need_the_fork_that_pads(tmp_path: Path) -> None:
    stock = M3 | {"engine": {key: value for key, value in M3["engine"].items() if key != "fork"}}  # type: ignore[attr-defined]
    said = {finding.rule: finding for finding in launch(tmp_path, stock).findings}
    assert "64 attention heads do not divide by tensor 3" in said["tensor-parallel-splits-heads-unevenly"].message
    assert "4 KV heads neither divide by tensor 3" in said["tensor-parallel-splits-kv-heads-unevenly"].message
    padded = {finding.rule for finding in launch(tmp_path, M3).findings}
    assert not {rule for rule in padded if rule.startswith("tensor-parallel-splits")}


def test_nvfp4_passes_with_room_to_spare_where_fp8_is_refused(tmp_path: Path) -> None:
    serving = {"max_model_len": 131072, "kv_cache_dtype": "fp8", "memory": {"gpu_memory_utilization": 0.85}}
    pair = M3 | {
        "nodes": {"hardware": "dgx-spark", "hosts": M3["nodes"]["hosts"][:2]},  # type: ignore[index]
        "parallelism": {"tensor": 2},
        "serving": serving,
    }
    fp8 = launch(tmp_path, pair | {"model": {"id": "MiniMaxAI/MiniMax-M2.7"}, "quant": "fp8"})
    [refusal] = [finding for finding in fp8.findings if finding.rule == "weights-do-not-fit"]
    assert "101.72 budget − 107.04 weights" in refusal.message
    nvfp4 = launch(tmp_path, pair | {"model": {"id": "saricles/MiniMax-M2.7-NVFP4-GB10"}, "quant": "nvfp4"})
    assert nvfp4.plan is not None
    checks = {check.name: check for check in nvfp4.plan.nodes[0].memory.checks}
    assert checks["kv-positive"].verdict == checks["kv-one-request"].verdict == "yes"
    assert (checks["kv-one-request"].found or 0) > 4 * (checks["kv-one-request"].wanted or 0)


def test_a_boot_in_a_model_file_calibrates_the_same_layout(tmp_path: Path) -> None:
    """Nemotron 3 Super at 0.90 of 121.69 GiB had 39.02 GiB of cache; at 0.80 it has 12.17 less."""
    single = M3 | {
        "model": {"id": "nvidia/NVIDIA-Nemotron-3-Super-120B-A12B-NVFP4"},
        "nodes": {"hardware": "dgx-spark", "hosts": [{"name": "spark-1", "memory": "121.69 GiB"}]},
        "interconnect": None,
        "parallelism": None,
        "serving": {"max_model_len": 32768, "kv_cache_dtype": "fp8", "memory": {"gpu_memory_utilization": 0.80}},
    }
    plan = launch(tmp_path, {key: value for key, value in single.items() if value is not None}).plan
    assert plan is not None
    [cache] = [term for term in plan.head.memory.terms if term.name == "KV cache"]
    assert cache.bytes / 2**30 == pytest.approx(39.02 - 0.10 * 121.69, abs=0.01)
    assert (cache.high - cache.low) / 2**30 == pytest.approx(0.9, abs=0.01)


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        pytest.param({"serving": {"max_model_len": 10**12}}, "context-beyond-model", id="10^12 tokens"),
        pytest.param({"serving": {"max_model_len": 10**13}}, "value-misfit", id="more than the language counts"),
        pytest.param({"serving": {"max_model_len": 0}}, "value-misfit", id="no tokens"),
        pytest.param({"model": {"id": "a/b", "shape": {"layers": -1}}}, "value-misfit", id="negative layers"),
        pytest.param(
            {"parallelism": {"tensor": 256}, "engine": {**M3["engine"], "fork": None}},  # type: ignore[dict-item]
            "more-tensor-ranks-than-experts",
            id="fewer experts than ranks",
        ),
    ],
)
def test_nonsense_is_a_finding(tmp_path: Path, change: dict[str, Any], rule: str) -> None:
    assert rule in {finding.rule for finding in launch(tmp_path, M3 | change).findings}


def test_settings_of_a_spec_reach_the_cache(tmp_path: Path) -> None:
    """Async scheduling and prefix caching decide what a window and a hybrid keep."""
    spec = M3 | {
        "name": "one",
        "model": {"id": "openai/gpt-oss-120b"},
        "quant": "mxfp4",
        "engine": {"name": "vllm", "version": "0.27.1", "image": "vllm-node:latest", "executor": "mp"},
        "nodes": {"hardware": "dgx-spark", "hosts": [{"name": "spark-1", "address": "10.0.0.1"}]},
        "interconnect": None,
        "parallelism": None,
    }

    def needed(**changes: Any) -> int:
        checks = launch(tmp_path, spec | changes).plan.nodes[0].memory.checks
        return next(check.wanted or 0 for check in checks if check.name == "kv-one-request")

    assert needed(args={"async-scheduling": False}) < needed()
    hybrid = {"model": {"id": "nvidia/Qwen3.6-35B-A3B-NVFP4"}, "quant": "nvfp4"}
    without = spec["serving"] | {"prefix_caching": False}
    assert needed(**hybrid, serving=without) < needed(**hybrid)


def test_a_small_shared_memory_of_the_container_caps_the_object_store(tmp_path: Path) -> None:
    def store(container: dict[str, Any]) -> int:
        engine = M3["engine"] | {"executor": "ray", "ray": {"object_store_memory": "default"}}
        over_ray = M3 | {"engine": engine}
        memory = launch(tmp_path, over_ray | {"container": container}).plan.nodes[0].memory
        return next(term.bytes for term in memory.terms if term.name == "Ray object store")

    assert store({"ipc": "private"}) == 10**10
    assert store({"shm_size": "16 GiB"}) == 16 * 2**30 * 95 // 100
    assert store({}) > 30 * 2**30
