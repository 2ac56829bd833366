"""Ray's proposals reach `ray start`, and step back where the author's own key decides the same thing."""

from __future__ import annotations

from pathlib import Path

import pytest
from examples import compiled, rules_in

from sparkc.plan import Setting


def raylet(folder: Path, fragment: str) -> tuple[dict[str, Setting], dict[str, Setting]]:
    """Return variables and flags of `ray start` on the worker."""
    plan = compiled(folder, fragment).plan
    assert plan is not None
    container = plan.nodes[1].containers[0]
    process = container.processes[0]
    return (
        {setting.key: setting for setting in (*container.environment, *process.environment)},
        {setting.key: setting for setting in process.arguments},
    )


def test_proposals_stand_where_ray_reads_them(tmp_path: Path) -> None:
    variables, flags = raylet(tmp_path, "restart: on-failure")

    assert variables["RAY_memory_monitor_refresh_ms"].value == "0"
    assert variables["RAY_prestart_worker_first_driver"].value == "0"
    assert flags["--object-store-memory"].value == "1073741824"
    assert flags["--object-store-memory"].because.layer == "object-store-uncapped"


def test_threshold_of_the_author_keeps_the_monitor_and_is_reported(tmp_path: Path) -> None:
    variables, _ = raylet(tmp_path, "env: {RAY_memory_usage_threshold: 0.970}")

    assert variables["RAY_memory_usage_threshold"].value == "0.970"
    assert "RAY_memory_monitor_refresh_ms" not in variables
    assert "ray-memory-monitor-on" in rules_in(compiled(tmp_path, "env: {RAY_memory_usage_threshold: 0.970}"))


def test_cap_among_the_flags_of_ray_start_is_not_proposed_again(tmp_path: Path) -> None:
    _, flags = raylet(tmp_path, "engine: {ray: {args: {object-store-memory: 1500000000}}}")

    assert flags["--object-store-memory"].value == "1500000000"


def test_flags_that_only_a_head_takes_reach_no_worker(tmp_path: Path) -> None:
    fragment = 'engine: {ray: {args: {include-dashboard: "false", num-cpus: 2}}}'
    _, flags = raylet(tmp_path, fragment)
    plan = compiled(tmp_path, fragment).plan
    assert plan is not None

    assert "--include-dashboard" not in flags
    assert flags["--num-cpus"].value == "2"
    assert "--include-dashboard" in {setting.key for setting in plan.head.containers[0].processes[0].arguments}


@pytest.mark.parametrize(
    ("cap", "reported"),
    [("1 GiB", False), ("2 GiB", False), ("2147483649 B", True), ("30 GiB", True), ("default", True)],
)
def test_caps_up_to_the_larger_published_one_are_accepted(cap: str, reported: bool, tmp_path: Path) -> None:
    found = rules_in(compiled(tmp_path, f"engine: {{ray: {{object_store_memory: {cap}}}}}"))

    assert ("object-store-uncapped" in found) is reported


def test_launch_without_ray_gets_nothing_of_ray(tmp_path: Path) -> None:
    launch = compiled(tmp_path, "engine: {executor: mp, ray: null}")

    assert launch.plan is not None
    keys = [setting.key for setting in launch.plan.head.containers[0].environment]
    assert not [key for key in keys if key.startswith("RAY_")]
    assert not {rule for rule in rules_in(launch) if "ray" in rule.split("-")}


@pytest.mark.parametrize(
    ("fragment", "rule"),
    [
        pytest.param("engine: {image: {ref: 'vllm/vllm-openai:v0.18.1'}}", "image-without-ray", id="known to lack it"),
        pytest.param(
            "engine: {image: {ref: 'nvcr.io/nvidia/vllm:25.11-py3'}, version: 0.13.0}",
            "ray-in-image-unproven",
            id="a known line, an unknown build",
        ),
    ],
)
def test_image_is_held_against_the_executor(fragment: str, rule: str, tmp_path: Path) -> None:
    assert rule in rules_in(compiled(tmp_path, fragment))
