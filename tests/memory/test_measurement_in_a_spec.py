"""A boot that somebody measured, stated in a spec: https://github.com/eugr/spark-vllm-docker/issues/396.

MiniMax M2.7 AWQ on two DGX Sparks had 28.74 GiB of cache at 0.85 of 121.69 GiB. One request of 196,608 tokens needs
196,608 × 126,976 bytes = 23.25 GiB.
"""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest
import yaml

from sparkc.cli.toolbox import toolbox
from sparkc.driver import Launch, compile_spec
from sparkc.source.project import Plugins

SPEC = """
apiVersion: sparkc/v1
name: m27-awq
model: {id: cyankiwi/MiniMax-M2.7-AWQ-4bit, size: 128 GB}
quant: awq-int4
engine: {name: vllm, version: 0.29.1, image: "vllm-node:latest", executor: mp}
nodes:
  hardware: dgx-spark
  hosts:
    - {name: spark-1, address: 10.0.0.1, memory: 121.69 GiB}
    - {name: spark-2, address: 10.0.0.2, memory: 121.69 GiB}
interconnect: {kind: roce, interface: enp1s0f0np0, hca: [rocep1s0f0, roceP2p1s0f0]}
parallelism: {tensor: 2}
serving:
  max_model_len: 196608
  load_format: instanttensor
  cuda_graphs: default
  kv_cache_dtype: auto
  memory: {gpu_memory_utilization: 0.80}
targets: [shell]
"""
BOOT = {
    "total": "121.69 GiB",
    "gpu_memory_utilization": 0.85,
    "graphs": "5.07 GiB",
    "available_kv": "28.74 GiB",
    "source": "https://github.com/eugr/spark-vllm-docker/issues/396",
}


def launch(folder: Path, fraction: float, measurement: dict[str, object] | None) -> Launch:
    spec = yaml.safe_load(SPEC)
    spec["serving"]["memory"]["gpu_memory_utilization"] = fraction
    if measurement is not None:
        spec["model"]["measurement"] = measurement
    path = folder / "spec.yaml"
    path.write_text(yaml.safe_dump(spec), encoding="utf-8")
    return compile_spec(path, folder, toolbox(Plugins()), datetime.date(2026, 11, 20)).launches[0]


def messages(launch: Launch, rule: str) -> list[str]:
    return [finding.message for finding in launch.findings if finding.rule == rule]


def test_196608_tokens_are_refused_at_080(tmp_path: Path) -> None:
    [message] = messages(launch(tmp_path, 0.80, BOOT), "one-request-does-not-fit")
    assert "found 22.7 GiB, wanted 23.3 GiB" in message
    assert "196,608 tokens needs 23.25 GiB" in message
    assert "leaves 22.66 GiB (22.21 to 23.11)" in message
    assert "issues/396" in message


def test_they_pass_at_085(tmp_path: Path) -> None:
    passing = launch(tmp_path, 0.85, BOOT)
    assert passing.plan is not None
    verdicts = {check.name: check.verdict for check in passing.plan.nodes[0].memory.checks}
    assert verdicts["kv-one-request"] == "yes"


def test_without_the_measurement_a_warning_names_the_band(tmp_path: Path) -> None:
    estimated = launch(tmp_path, 0.80, None)
    assert messages(estimated, "one-request-does-not-fit") == []
    [message] = [text for text in messages(estimated, "memory-tight") if text.startswith("kv-one-request")]
    assert "23.25 GiB" in message
    low, high = message.split("leaves ")[1].split("(")[1].split(")")[0].split(" to ")
    assert float(low) < 23.25 < float(high)


def test_a_boot_with_its_own_settings_gives_its_own_cache(tmp_path: Path) -> None:
    plan = launch(tmp_path, 0.85, BOOT).plan
    assert plan is not None
    memory = plan.nodes[0].memory
    [cache] = [term for term in memory.terms if term.name == "KV cache"]
    assert cache.bytes == pytest.approx(28.74 * 2**30, abs=2)
    assert sum(term.bytes for term in memory.terms if term.inside_budget) == memory.budget


def test_the_size_of_the_checkpoint_is_not_needed_any_more(tmp_path: Path) -> None:
    spec = yaml.safe_load(SPEC)
    del spec["model"]["size"]
    spec["model"]["measurement"] = BOOT
    (tmp_path / "spec.yaml").write_text(yaml.safe_dump(spec), encoding="utf-8")
    [judged] = compile_spec(tmp_path / "spec.yaml", tmp_path, toolbox(Plugins()), datetime.date(2026, 11, 20)).launches
    assert messages(judged, "one-request-does-not-fit") != []


def test_a_boot_of_another_layout_does_not_count(tmp_path: Path) -> None:
    other = launch(tmp_path, 0.80, BOOT | {"tensor": 4})
    assert messages(other, "one-request-does-not-fit") == []


def test_a_boot_with_more_batched_tokens_left_less_for_the_cache(tmp_path: Path) -> None:
    same, fewer = (launch(tmp_path, 0.80, BOOT | more) for more in ({}, {"max_num_batched_tokens": 8192}))
    assert same.plan is not None
    assert fewer.plan is not None
    before, after = same.plan.nodes[0].memory.kv_tokens, fewer.plan.nodes[0].memory.kv_tokens
    assert before is not None
    assert after is not None
    assert after > before


def test_more_than_there_was_is_a_contradiction_and_said_so(tmp_path: Path) -> None:
    contradiction = launch(tmp_path, 0.80, BOOT | {"weights": "90 GiB"})
    assert any("contradicts itself" in message for message in messages(contradiction, "memory-unknown"))


@pytest.mark.parametrize("key", ["total", "gpu_memory_utilization", "available_kv", "source"])
def test_half_a_measurement_is_refused_by_name(tmp_path: Path, key: str) -> None:
    half = {name: value for name, value in BOOT.items() if name != key}
    [message] = messages(launch(tmp_path, 0.80, half), "key-missing")
    assert f"`{key}` is missing" in message


def test_without_the_boot_s_graphs_their_memory_goes_to_the_cache(tmp_path: Path) -> None:
    spec = yaml.safe_load(SPEC)
    spec["serving"]["cuda_graphs"] = "off"
    spec["model"]["measurement"] = BOOT
    (tmp_path / "spec.yaml").write_text(yaml.safe_dump(spec), encoding="utf-8")
    [eager] = compile_spec(tmp_path / "spec.yaml", tmp_path, toolbox(Plugins()), datetime.date(2026, 11, 20)).launches
    assert eager.plan is not None
    [cache] = [term for term in eager.plan.nodes[0].memory.terms if term.name == "KV cache"]
    assert cache.bytes / 2**30 == pytest.approx(28.74 - 0.05 * 121.69 + 5.07, abs=0.01)
