"""What a launch on an Atlas is made of, beyond the flags that test_published_launches compares."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from compiling import SPECS, compiled, compiled_text

from sparkc.plan import Node, Plan

A3, A2 = SPECS / "minimax-m27-w8a8-a3.yaml", SPECS / "minimax-m27-w8a8-a2.yaml"
A2_TEXT = A2.read_text(encoding="utf-8")


def plan_of(spec: Path, variant: str | None = None) -> Plan:
    plans = {launch.variant: launch.plan for launch in compiled(spec).launches}
    plan = plans[variant]
    assert plan is not None
    return plan


def plan_with(text: str, folder: Path) -> Plan:
    plan = compiled_text(text, folder).launches[0].plan
    assert plan is not None
    return plan


def shared(node: Node) -> dict[str, object]:
    return {setting.key: setting.value for setting in node.containers[0].environment}


@pytest.mark.parametrize(("spec", "variant", "npus"), [(A3, "short-context", 16), (A2, None, 8)])
def test_a_container_gets_every_npu_and_what_they_are_managed_with(spec: Path, variant: str | None, npus: int) -> None:
    container = plan_of(spec, variant).head.containers[0]
    devices = [device.path for device in container.devices]

    assert set(devices) == {
        *(f"/dev/davinci{number}" for number in range(npus)),
        "/dev/davinci_manager",
        "/dev/devmm_svm",
        "/dev/hisi_hdc",
    }
    assert len(devices) == npus + 3
    assert container.gpus is None
    driver = {mount.host for mount in container.mounts if mount.kind == "driver"}
    assert "/usr/local/Ascend/driver/version.info" in driver
    assert all(mount.read_only and mount.host == mount.to for mount in container.mounts if mount.host in driver)


def test_the_settings_of_the_host_are_steps_as_root_and_not_in_the_container() -> None:
    plan = plan_of(A3, "short-context")

    assert [(step.name, step.trigger, step.as_root) for step in plan.head.steps] == [
        ("cpu-governor", "up", True),
        ("swappiness", "up", True),
        ("numa-balancing", "up", True),
        ("scheduler-migration-cost", "up", True),
    ]
    assert [step.argv for step in plan_of(A2).head.steps] == [step.argv for step in plan.head.steps[1:]]
    assert all(step.argv[:2] == ("sysctl", "-w") for step in plan.head.steps[1:])


def test_an_author_may_leave_the_host_alone(tmp_path: Path) -> None:
    text = A2_TEXT.replace("hardware: atlas-800i-a2\n", "hardware: atlas-800i-a2\n  tuning: false\n")

    assert plan_with(text, tmp_path).head.steps == ()


def test_prefill_context_groups_take_ranks_of_their_own() -> None:
    long, short = plan_of(A3, "long-context"), plan_of(A3, "short-context")

    assert long.head.containers[0].processes[-1].ranks == tuple(range(16))
    assert short.head.containers[0].processes[-1].ranks == tuple(range(16))
    (layout,) = long.layouts
    assert (layout.tensor_parallel, layout.data_parallel, layout.expert_parallel) == (8, 1, 16)


def test_no_start_waits_for_the_hosts_memory_when_accelerators_have_their_own() -> None:
    node = plan_of(A2).head

    assert node.memory.total == round(61.27 * 2**30)
    assert node.memory.needed_free is None
    assert [condition.fact.kind for process in node.containers[0].processes for condition in process.waits_for] == []


def test_the_fraction_is_one_of_each_npu_and_what_is_not_known_is_said() -> None:
    checks = {check.name: check for check in plan_of(A2).head.memory.checks}

    assert plan_of(A2).head.memory.budget == -(-85 * round(61.27 * 2**30) // 100)
    assert checks["free-at-start"].verdict == "yes"
    assert checks["kv-positive"].verdict == "unknown"
    assert "unknown, because the size of the checkpoint is not known" in checks["kv-positive"].explanation
    assert "the draft model keeps a cache of its own" in checks["kv-one-request"].explanation


def test_weights_of_a_stated_size_are_divided_as_ranks_hold_them(tmp_path: Path) -> None:
    text = A3.read_text(encoding="utf-8").replace("  hub: modelscope\n", "  hub: modelscope\n  size: 230 GB\n")
    text = text.replace("/}", "/, size: 1 GB}")
    compilation = compiled_text(text, tmp_path)
    weights = {
        launch.variant: next(term.bytes for term in launch.plan.head.memory.terms if term.name == "weights")
        for launch in compilation.launches
        if launch.plan is not None
    }

    # 16 ranks share the experts; the rest is held by every group of 4, or by every group of 8.
    assert weights["long-context"] < weights["short-context"] < 230 * 10**9 / 8


def test_a_c8_checkpoint_brings_its_eight_bit_cache() -> None:
    # 2 x 62 layers x 2 of 8 KV heads x 128, one byte each.
    assert plan_of(A3, "c8").head.memory.kv_bytes_per_token == 2 * 62 * 2 * 128


def test_ranks_on_two_machines_are_told_about_the_network_in_hccls_words(tmp_path: Path) -> None:
    spec = yaml.safe_load(A2_TEXT)
    spec["nodes"]["hosts"] = [
        {"name": "atlas-1", "address": "10.0.0.1"},
        {"name": "atlas-2", "address": "10.0.0.2"},
    ]
    spec |= {"interconnect": {"kind": "tcp", "interface": "enp67s0f0np0"}, "parallelism": {"tensor": 8, "data": 2}}
    spec["engine"]["executor"] = "mp"
    nodes = plan_with(yaml.safe_dump(spec), tmp_path).nodes

    for node, address in zip(nodes, ("10.0.0.1", "10.0.0.2"), strict=True):
        variables = shared(node)
        assert variables["HCCL_IF_IP"] == address
        for name in ("HCCL_SOCKET_IFNAME", "GLOO_SOCKET_IFNAME", "TP_SOCKET_IFNAME"):
            assert variables[name] == "enp67s0f0np0"
        assert not [name for name in variables if name.startswith("NCCL_")]
