"""The page of contradictions: each has a default that a rule or a pass decides, and both sides can be read there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from examples import compiled

from sparkc.catalog.known_bad import all_known_bad
from sparkc.plan import Plan
from sparkc.rules import load_rules

PAGE = Path(__file__).parent.parent.parent / "docs" / "contradictions.md"
RULES = {rule.name: rule for rule in load_rules()}


def rows() -> list[list[str]]:
    lines = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| X-")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def rules_of(row: list[str]) -> list[str]:
    return re.findall(r"rule ([a-z0-9-]+)", row[5])


def test_all_twenty_two_are_there() -> None:
    assert [row[0] for row in rows()] == [f"X-{number:02d}" for number in range(1, 23)]
    assert all(len(row) == 7 and all(row) for row in rows())


@pytest.mark.parametrize("row", rows(), ids=lambda row: row[0])
def test_what_decides_exists_and_knows_both_sides(row: list[str]) -> None:
    names = rules_of(row)
    assert names
    assert set(names) <= set(RULES)
    assert any(evidence.disagrees for name in names for evidence in RULES[name].evidence)
    assert any(not evidence.disagrees for name in names for evidence in RULES[name].evidence)


@pytest.mark.parametrize(
    "entry",
    ["vllm-m27-nvfp4-expert-parallel", "vllm-m25-nvfp4-ngram-with-experts-spread", "vllm-m27-nvfp4-fastsafetensors"],
)
def test_a_catalogued_contradiction_lists_who_is_against_it(entry: str) -> None:
    (known,) = (bad for bad in all_known_bad() if bad.id == entry)
    assert known.evidence
    assert known.against


def settled(folder: Path, fragment: str = "restart: on-failure") -> Plan:
    plan = compiled(folder, fragment).plan
    assert plan is not None
    return plan


def variables(plan: Plan) -> dict[str, object]:
    container = plan.head.containers[0]
    own = (setting for process in container.processes for setting in process.environment)
    return {setting.key: setting.value for setting in (*container.environment, *own)}


def flags(plan: Plan) -> dict[str, object]:
    return {setting.key: setting.value for p in plan.head.containers[0].processes for setting in p.arguments}


def test_the_defaults_are_the_ones_of_the_page(tmp_path: Path) -> None:
    plan = settled(tmp_path)
    assert "NCCL_IB_DISABLE" not in variables(plan)
    assert flags(plan)["--object-store-memory"] == str(2**30)
    assert variables(plan)["RAY_memory_monitor_refresh_ms"] == "0"
    assert "--load-format" not in flags(plan)
    assert "drop-page-cache" in {step.name for step in plan.head.steps}
    assert flags(plan)["--gpu-memory-utilization"] == "0.82"
    assert flags(plan)["--moe-backend"] == "marlin"
    assert "--enable-expert-parallel" not in flags(plan)
    assert "--enforce-eager" in flags(plan)
    assert "--speculative-config" not in flags(plan)
    assert variables(plan)["NCCL_NET_GDR_LEVEL"] == "0"
    assert "NCCL_IB_GID_INDEX" not in variables(plan)
    assert not any("swappiness" in word for step in plan.head.steps for word in step.argv)
    assert "PYTORCH_CUDA_ALLOC_CONF" not in variables(plan)
    assert not {"NCCL_MAX_NCHANNELS", "NCCL_CUMEM_ENABLE"} & set(variables(plan))


@pytest.mark.parametrize(
    ("fragment", "executor"),
    [
        pytest.param("engine: {executor: null}", "ray", id="an image that holds Ray"),
        pytest.param(
            "engine: {executor: null, ray: null, image: {ref: 'vllm/vllm-openai:v0.18.1', id: null}}",
            "mp",
            id="an image that is known to hold none",
        ),
        pytest.param(
            "engine: {executor: ray, image: {ref: 'vllm/vllm-openai:v0.18.1', id: null}}", "ray", id="the author's word"
        ),
    ],
)
def test_who_carries_the_ranks_is_said_aloud(fragment: str, executor: str, tmp_path: Path) -> None:
    assert flags(settled(tmp_path, fragment))["--distributed-executor-backend"] == executor


def test_a_repaired_nccl_gets_graphs_back_and_loses_nvls(tmp_path: Path) -> None:
    plan = settled(tmp_path, "engine: {nccl: 2.30.4}")
    assert "--enforce-eager" not in flags(plan)
    assert variables(plan)["NCCL_NVLS_ENABLE"] == "0"
