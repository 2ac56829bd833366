"""Podman's generator accepts every unit and makes exactly the Plan's `podman run` of it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from generator import generate, options_of, write_units
from unit_text import Assignment, value, values

import plans
from committed import committed, launches
from sparkc.plan import Mount, Node, Option, Plan, Setting
from sparkc_targets.node.build import build_of
from sparkc_targets.node.mounts import mount_option, mounts

HEAD = "sparkc-minimax-m27-head.service"
INSTALL = plans.INSTALL_DIR


def with_container(plan: Plan, **changes: Any) -> Plan:
    node = plan.head
    return replace(plan, nodes=(replace(node, containers=(replace(node.containers[0], **changes),)), *plan.nodes[1:]))


def head_of(plan: Plan, folder: Path) -> list[Assignment]:
    return generate(write_units(plan, plan.head, folder)).units[HEAD]


def podman_run(plan: Plan, folder: Path) -> list[str]:
    return generate(write_units(plan, plan.head, folder)).podman_run(HEAD)


def test_the_generated_command_is_the_plans_word_for_word(tmp_path: Path) -> None:
    plan = plans.two_sparks()
    words = podman_run(plan, tmp_path)
    image = words.index("sha256:" + "9f1c" * 16)
    assert words[:2] == ["/usr/bin/podman", "run"]
    assert words[image + 1 :] == ["-p", "/sparkc/start.sh"]
    bare = {"--replace", "--rm", "--cgroups=split", "--sdnotify=healthy", "-d"}
    assert bare <= set(words[2:image])
    rest = [word for word in words[2:image] if word not in bare]
    # The generator looks some keys up in the order of a hash, so the order of different options is not compared.
    assert sorted(zip(rest[::2], rest[1::2], strict=True)) == sorted(
        [
            ("--name", "minimax-m27-head"),
            ("--pull", "never"),
            ("--label", "sparkc.deployment=minimax-m27"),
            ("--label", "sparkc.variant="),
            ("--label", f"sparkc.plan={build_of(plan.head.containers[0])}"),
            ("--network", "host"),
            ("--ipc", "host"),
            ("--device", "nvidia.com/gpu=all"),
            ("--device", "/dev/infiniband"),
            ("--cap-add", "ipc_lock"),
            ("--ulimit", "memlock=-1:-1"),
            ("--env", "VLLM_HOST_IP=10.0.0.1"),
            ("--env", "NCCL_SOCKET_IFNAME=enp1s0f0np0"),
            ("--mount", f"type=bind,source={plans.MODEL_PATH},target={plans.MODEL_PATH},readonly"),
            ("--mount", f"type=bind,source={plans.COMPILE_CACHE},target=/root/.cache/vllm"),
            ("--mount", f"type=bind,source={INSTALL}/secrets/hf_token,target=/run/secrets/hf_token,readonly"),
            ("--mount", f"type=bind,source={INSTALL}/start-minimax-m27-head.sh,target=/sparkc/start.sh,readonly"),
            ("--log-driver", "journald"),
            ("--stop-timeout", "120"),
            (
                "--health-cmd",
                '["/bin/bash", "-p", "/sparkc/start.sh", "look", "http_ok", "127.0.0.1", "8002", "/health"]',
            ),
            ("--health-interval", "10s"),
            ("--health-timeout", "5s"),
            ("--health-retries", "3"),
            ("--health-start-period", "4080s"),
            ("--entrypoint", "/bin/bash"),
        ]
    )


def test_hostile_texts_pass_the_generator_unchanged(tmp_path: Path) -> None:
    plan = plans.hostile()
    container = plan.head.containers[0]
    words = podman_run(plan, tmp_path)
    assert sorted(options_of(words, "--env")) == sorted(f"SHARED_{n}={text}" for n, text in enumerate(plans.HOSTILE))
    assert sorted(options_of(words, "--mount")) == sorted(map(mount_option, mounts(plan.head, container)))
    assert words[-2:] == ["-p", "/sparkc/start.sh"]


def test_a_path_cannot_add_a_line_to_the_service(tmp_path: Path) -> None:
    """The generator writes the source of a `Mount=` into RequiresMountsFor= as it stands."""
    trap = Mount("/srv/a\n[Service]\nExecStartPre=/bin/touch /pwned", "/in", True, "author", plans.spec("m", "m"))
    unit = head_of(with_container(plans.two_sparks(), mounts=(trap,)), tmp_path)
    assert not any("pwned" in text for text in values(unit, "ExecStartPre"))
    assert mount_option(trap) in options_of(generate(tmp_path).podman_run(HEAD), "--mount")


def test_shm_size_is_never_asked_for_together_with_the_hosts_ipc(tmp_path: Path) -> None:
    """`podman run` refuses the pair: cannot set shmsize when running in the host IPC namespace."""
    size = Setting("shm-size", "34359738368", plans.spec("container.shm_size", "32 GiB"))
    both = podman_run(with_container(plans.two_sparks(), shm_size=size), tmp_path / "both")
    assert (options_of(both, "--ipc"), options_of(both, "--shm-size")) == (["host"], [])
    alone = podman_run(with_container(plans.two_sparks(), shm_size=size, ipc=None), tmp_path / "alone")
    assert (options_of(alone, "--ipc"), options_of(alone, "--shm-size")) == ([], ["34359738368"])


def test_a_missing_device_is_not_left_out_in_silence(tmp_path: Path) -> None:
    words = podman_run(plans.two_sparks(), tmp_path)
    assert "/dev/infiniband" in options_of(words, "--device")
    assert "AddDevice=-" not in (tmp_path / "sparkc-minimax-m27-head.container").read_text()


def test_only_a_container_with_a_probe_waits_to_become_healthy(tmp_path: Path) -> None:
    plan = plans.two_sparks()
    worker = generate(write_units(plan, plan.nodes[1], tmp_path)).podman_run("sparkc-minimax-m27-worker.service")
    assert "--sdnotify=conmon" in worker
    assert options_of(worker, "--health-cmd") == []


def test_start_is_given_more_time_than_everything_that_it_may_wait_for(tmp_path: Path) -> None:
    unit = head_of(plans.two_sparks(), tmp_path)
    waits = 180 + 300 + 1800
    first_start = 1800
    assert int(value(unit, "TimeoutStartSec")) > waits + first_start
    assert int(value(unit, "TimeoutStopSec")) > 120


def test_systemd_starts_it_anew_as_often_as_the_plan_says_and_no_more(tmp_path: Path) -> None:
    unit = head_of(plans.two_sparks(), tmp_path)
    assert (value(unit, "Restart"), value(unit, "RestartSec")) == ("on-failure", "30")
    assert value(unit, "StartLimitBurst") == "4"  # the first start, and 3 more
    longest = int(value(unit, "TimeoutStartSec")) + int(value(unit, "TimeoutStopSec")) + 30
    assert int(value(unit, "StartLimitIntervalSec")) >= 3 * longest
    never = with_container(
        plans.two_sparks(), restart=replace(plans.two_sparks().head.containers[0].restart, on_failure=False)
    )
    unit = head_of(never, tmp_path)
    assert value(unit, "Restart") == "no"
    assert not values(unit, "StartLimitBurst")


def test_host_steps_run_before_every_start_with_roots_powers(tmp_path: Path) -> None:
    assert value(head_of(plans.two_sparks(), tmp_path), "ExecStartPre") == "+sysctl --write vm.drop_caches=3"


def test_a_step_without_root_runs_as_the_login_user(tmp_path: Path) -> None:
    plan = plans.two_sparks()
    node = replace(plan.head, steps=(replace(plan.head.steps[0], as_root=False, argv=("true", "$5")),))
    unit = head_of(replace(plan, nodes=(node,)), tmp_path)
    assert value(unit, "ExecStartPre") == 'runuser --user ops -- true "$$5"'


def test_a_service_comes_after_the_network_and_the_fabric(tmp_path: Path) -> None:
    unit = head_of(plans.two_sparks(), tmp_path)
    device = "sys-subsystem-net-devices-enp1s0f0np0.device"
    for key in ("After", "Wants"):
        assert {"network-online.target", device} <= {word for text in values(unit, key) for word in text.split()}
    assert value(unit, "PartOf") == "sparkc-minimax-m27.target"


def test_units_of_a_user_are_generated_too(tmp_path: Path) -> None:
    plan = plans.two_sparks()
    services = generate(write_units(plan, plan.head, tmp_path), "-user")
    assert services.podman_run(HEAD)[:2] == ["/usr/bin/podman", "run"]


def test_a_health_command_of_any_path_arrives_as_a_list(tmp_path: Path) -> None:
    plan = plans.two_sparks()
    container = plan.head.containers[0]
    probe = container.probes[0]
    for text in plans.HOSTILE:
        changed = with_container(plan, probes=(replace(probe, fact=replace(probe.fact, path=f"/{text}")),))
        [found] = options_of(podman_run(changed, tmp_path), "--health-cmd")
        assert json.loads(found)[-1] == f"/{text}"


@pytest.mark.parametrize("ipc", ["private", "host", "none"])
def test_ipc_is_what_the_plan_says(tmp_path: Path, ipc: str) -> None:
    changed = with_container(plans.two_sparks(), ipc=Option(ipc, plans.spec("container.ipc", ipc)))
    assert options_of(podman_run(changed, tmp_path), "--ipc") == [ipc]


def all_nodes() -> list[tuple[Plan, Node]]:
    made = (plans.two_sparks(), plans.one_spark(), plans.hostile(), plans.two_sparks(variant="published"))
    plans_of_all = (*made, *(committed(name, variant) for name, variant in launches()))
    return [(plan, node) for plan in plans_of_all for node in plan.nodes]


@pytest.mark.parametrize(("plan", "node"), all_nodes())
def test_the_generator_has_nothing_to_say(tmp_path: Path, plan: Plan, node: Node) -> None:
    said = generate(write_units(plan, node, tmp_path)).said
    # A short name is meant: what Docker saved as vllm-node, Podman loads as docker.io/library/vllm-node, and what it
    # built itself is localhost/vllm-node. Which of them is there is known on the node only.
    expected = ("Loading source unit file", "not a fully qualified image name")
    assert [line for line in said.split("\n") if line and not any(words in line for words in expected)] == []


def test_every_npu_is_given_and_the_host_is_set_before_the_start(tmp_path: Path) -> None:
    plan = committed("minimax-m27-w8a8-a3", "short-context")
    container = plan.head.containers[0]
    services = generate(write_units(plan, plan.head, tmp_path))
    name = f"sparkc-{container.name}.service"

    assert options_of(services.podman_run(name), "--device") == [device.path for device in container.devices]
    assert "+sysctl -w vm.swappiness=0" in values(services.units[name], "ExecStartPre")
