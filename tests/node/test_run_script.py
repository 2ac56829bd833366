"""`docker run` as it is called, and as Docker reads it."""

from __future__ import annotations

import csv
import io
import itertools
import os
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from rig import Rig

import plans
from sparkc.plan import Container, File, Mount, Option, Plan, Setting
from sparkc_targets.node.build import build_of
from sparkc_targets.node.files import files
from sparkc_targets.node.mounts import mount_option, mounts
from sparkc_targets.node.run_script import run_script
from tools import need_tool


@pytest.fixture
def rig(tmp_path: Path) -> Rig:
    rig = Rig(tmp_path)
    rig.stand_in("docker")
    rig.stand_in("sudo", '[[ $1 == -n ]] && shift\n"$@"\n')
    return rig


def run(rig: Rig, plan: Plan, *engine: str) -> tuple[str, ...]:
    script = rig.root / "run.sh"
    script.write_text(run_script(plan, plan.head, plan.head.containers[0]))
    subprocess.run(
        ["bash", str(script), *engine], env={"PATH": rig.path()}, cwd=rig.root / "work", check=True, timeout=5
    )
    (call,) = rig.calls("docker")
    return call.argv


def test_the_container_gets_exactly_what_the_plan_says(rig: Rig) -> None:
    plan = plans.two_sparks()
    install = plans.INSTALL_DIR
    model = plans.MODEL_PATH
    assert run(rig, plan) == (
        *("run", "--detach", "--name", "minimax-m27-head", "--pull", "never"),
        *("--label", "sparkc.deployment=minimax-m27", "--label", "sparkc.variant="),
        *("--label", f"sparkc.plan={build_of(plan.head.containers[0])}"),
        *("--network", "host", "--ipc", "host", "--gpus", "all", "--device", "/dev/infiniband"),
        *("--cap-add", "IPC_LOCK", "--ulimit", "memlock=-1:-1"),
        *("--env", "VLLM_HOST_IP=10.0.0.1", "--env", "NCCL_SOCKET_IFNAME=enp1s0f0np0"),
        *("--mount", f"type=bind,source={model},target={model},readonly"),
        *("--mount", "type=bind,source=/home/ops/.cache/vllm,target=/root/.cache/vllm"),
        *("--mount", f"type=bind,source={install}/secrets/hf_token,target=/run/secrets/hf_token,readonly"),
        *("--mount", f"type=bind,source={install}/start-minimax-m27-head.sh,target=/sparkc/start.sh,readonly"),
        *("--restart", "on-failure:3", "--stop-timeout", "120", "--log-driver", "json-file"),
        *("--log-opt", "max-size=20m", "--log-opt", "max-file=3", "--entrypoint", "/bin/bash"),
        *("--", plan.head.containers[0].image.name, "-p", "/sparkc/start.sh"),
    )


def test_the_container_engine_can_be_called_through_sudo(rig: Rig) -> None:
    assert run(rig, plans.two_sparks(), "sudo", "-n", "docker")[0] == "run"
    assert rig.calls("sudo")[0].argv[:3] == ("-n", "docker", "run")


def test_a_container_that_must_not_restart_says_so(rig: Rig) -> None:
    plan = plans.two_sparks()
    container = plan.head.containers[0]
    quiet = replace(
        container,
        restart=replace(container.restart, on_failure=False),
        ipc=None,
        gpus=None,
        shm_size=Setting("shm_size", "34359738368", plans.derived("containers", "32 GiB")),
    )
    argv = run(rig, _with_head(plan, quiet))
    assert argv[argv.index("--restart") + 1] == "no"
    assert argv[argv.index("--shm-size") + 1] == "34359738368"
    assert "--ipc" not in argv
    assert "--gpus" not in argv


def _with_head(plan: Plan, container: Container) -> Plan:
    return replace(plan, nodes=(replace(plan.head, containers=(container,)), *plan.nodes[1:]))


def test_hostile_texts_arrive_as_they_are_and_nothing_runs(rig: Rig) -> None:
    argv = run(rig, plans.hostile())
    variables = [value for flag, value in itertools.pairwise(argv) if flag == "--env"]
    assert variables == [f"SHARED_{number}={text}" for number, text in enumerate(plans.HOSTILE)]
    found = [_mount(value) for flag, value in itertools.pairwise(argv) if flag == "--mount"]
    wanted = list(plans.hostile().head.containers[0].mounts)
    assert found[: len(wanted)] == [(mount.host, mount.to, mount.read_only) for mount in wanted]
    assert list((rig.root / "work").iterdir()) == []


def _mount(option: str) -> tuple[str, str, bool]:
    """Read the value of --mount as Docker does: one CSV record of key=value fields."""
    (record,) = csv.reader(io.StringIO(option, newline=""), strict=True)
    keys = dict(field.partition("=")[::2] for field in record)
    return keys["source"], keys["target"], "readonly" in keys


def test_dockers_own_client_understands_every_option(tmp_path: Path) -> None:
    """Without an engine the client still parses the whole command line before it tries to connect."""
    docker = need_tool("docker")
    for plan in (plans.two_sparks(), plans.one_spark(), plans.hostile()):
        # For --device the client first asks the engine for its operating system.
        plan = _with_head(plan, replace(plan.head.containers[0], devices=()))
        script = tmp_path / "run.sh"
        script.write_text(run_script(plan, plan.head, plan.head.containers[0]))
        ended = subprocess.run(
            ["bash", str(script), docker],
            env=os.environ | {"DOCKER_HOST": f"unix://{tmp_path}/nobody.sock", "LC_ALL": "C"},
            capture_output=True,
            text=True,
            timeout=20,
        )
        assert "Cannot connect to the Docker daemon" in ended.stderr, ended.stderr


@pytest.mark.parametrize(
    ("path", "option"),
    [
        ("/srv/models", "type=bind,source=/srv/models,target=/in"),
        ("/a,b", 'type=bind,"source=/a,b",target=/in'),
        ('/a"b', 'type=bind,"source=/a""b",target=/in'),
        ("/a:b c", "type=bind,source=/a:b c,target=/in"),
    ],
)
def test_a_path_is_quoted_as_csv_where_it_must(path: str, option: str) -> None:
    mount = Mount(path, "/in", False, "author", plans.derived("test", "x"))
    assert mount_option(mount) == option


def test_a_place_is_mounted_once_and_the_plans_own_mount_wins() -> None:
    node = plans.two_sparks().head
    container = node.containers[0]
    own = Mount("/elsewhere", "/run/secrets/hf_token", True, "secret", plans.derived("test", "x"))
    sources = {mount.to: mount.host for mount in mounts(node, replace(container, mounts=(own,)))}
    assert sources == {
        "/run/secrets/hf_token": "/elsewhere",
        "/sparkc/start.sh": f"{plans.INSTALL_DIR}/start-minimax-m27-head.sh",
    }


def test_files_are_mounted_as_a_folder_when_there_are_any() -> None:
    node = plans.two_sparks().head
    container = replace(node.containers[0], files=(File("chat.jinja", "x\n", plans.derived("test", "x")),))
    assert mounts(node, container)[-1].host == f"{plans.INSTALL_DIR}/files"
    assert mounts(node, container)[-1].to == "/sparkc/files"


def test_setup_files_are_programs_and_others_are_not() -> None:
    node = plans.two_sparks().head
    because = plans.derived("test", "x")
    container = replace(
        node.containers[0], setup=(File("fix.sh", "true\n", because),), files=(File("chat.jinja", "{{ x }}", because),)
    )
    found = [(file.path, file.text, file.executable) for file in files(replace(node, containers=(container,)))]
    assert found == [("files/fix.sh", "true\n", True), ("files/chat.jinja", "{{ x }}", False)]


def test_a_build_is_another_when_what_runs_changes_and_not_when_a_reason_does() -> None:
    container = plans.two_sparks().head.containers[0]
    changed = Option("private", plans.derived("containers", "workers share memory"))
    reworded = Option("host", plans.derived("containers", "said in other words"))
    assert build_of(replace(container, ipc=changed)) != build_of(container)
    assert build_of(replace(container, ipc=reworded)) == build_of(container)
