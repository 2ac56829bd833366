"""Real systemd and real Podman run the units; what arrives in the container is the Plan.

Each test boots a machine in namespaces of its own (see `machine`), starts the stand-in engine there by `node.sh`, and
ends the machine, and with it all that it started.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from machine import IMAGE, Machine

import plans
from sparkc.plan import Container, Device, Image, MemoryAvailable, Mount, Plan, Process, Step
from sparkc_targets.node.mounts import mounts

UNIT = "sparkc-minimax-m27-head.service"
TARGET = "sparkc-minimax-m27.target"
NAME = "minimax-m27-head"
ATTEMPTS = 4


@pytest.fixture
def machine(tmp_path: Path, record_property: Callable[[str, object], None]) -> Iterator[Machine]:
    record_property("started", "systemd and Podman of Debian 13, booted in private namespaces; ended again")
    booted = Machine(tmp_path / "machine")
    yield booted
    booted.end()


def runnable(plan: Plan) -> Plan:
    """Return the plan for a machine without GPU, fabric and time: one node, little memory, short pauses."""
    node = plan.head
    container = node.containers[0]
    because = plans.spec("test", "the test looks at it")
    secrets = tuple(replace(one, file=f"{node.install_dir}/secrets/{one.name}") for one in container.secrets)
    probe = replace(plans.two_sparks().head.containers[0].probes[0], period_s=3, timeout_s=2)
    container = replace(
        container,
        image=Image(IMAGE, None, None, because),
        processes=tuple(map(_quick, container.processes)),
        secrets=secrets,
        mounts=(*container.mounts, Mount("/records", "/records", False, "author", because)),
        devices=(*container.devices, Device("/dev/full", because)),
        restart=replace(container.restart, attempts=ATTEMPTS, pause_s=1),
        probes=(probe,),
        watches=(),
        stop_timeout_s=5,
    )
    steps = (
        Step("count-starts", "every_start", True, ("sh", "-c", "echo start >>/records/starts"), "counting", because),
    )
    return replace(plan, nodes=(replace(node, containers=(container,), steps=steps),))


def _quick(process: Process) -> Process:
    """Return the process with a single thing to wait for, which is there."""
    waits = tuple(
        replace(wait, fact=MemoryAvailable(1)) for wait in process.waits_for if isinstance(wait.fact, MemoryAvailable)
    )
    return replace(process, waits_for=waits)


def install(machine: Machine, plan: Plan) -> None:
    """Bring everything to the machine and run `node.sh install`."""
    machine.bring(plan, plan.head)
    said = node_sh(machine, plan, "install")
    assert "fail\t" not in said, said


def node_sh(machine: Machine, plan: Plan, *words: str) -> str:
    return machine.said("bash", f"{plan.head.install_dir}/node.sh", *words)


def show(machine: Machine, name: str, unit: str = UNIT) -> str:
    return machine.said("systemctl", "show", f"--property={name}", "--value", unit).strip()


def start(machine: Machine, plan: Plan) -> None:
    """Start by node.sh and wait until systemd counts the service as started."""
    node_sh(machine, plan, "start")
    machine.wait(lambda: show(machine, "ActiveState") in ("active", "failed"))
    assert show(machine, "ActiveState") == "active", machine.said("journalctl", "-u", UNIT, "-o", "cat")


def serves(machine: Machine) -> bool:
    done = machine.call("curl", "-sf", "http://127.0.0.1:8002/v1/models")
    return done.returncode == 0 and "minimax-m2.7" in done.stdout


def starts(machine: Machine) -> int:
    file = machine.root / "records/starts"
    return len(file.read_text().splitlines()) if file.exists() else 0


def words_of(machine: Machine, name: str) -> list[str]:
    return (machine.root / "records" / name).read_bytes().decode().split("\0")[:-1]


def test_the_container_is_the_plans(machine: Machine) -> None:
    plan = runnable(plans.two_sparks())
    install(machine, plan)
    start(machine, plan)
    assert serves(machine)
    container = plan.head.containers[0]
    check_oci(machine.asked_for(), plan, container)
    engine = container.processes[-1]
    assert ["vllm", *words_of(machine, "argv")] == list(engine.argv)
    variables = words_of(machine, "env")
    for setting in (*container.environment, *engine.environment):
        assert f"{setting.key}={setting.value}" in variables
    assert "HF_TOKEN=the secret's value" in variables
    assert "LD_LIBRARY_PATH=/opt/nccl/lib" in variables
    assert starts(machine) == 1


def check_oci(config: dict[str, Any], plan: Plan, container: Container) -> None:
    """Compare what Podman asked of the runtime with the Plan."""
    process, linux = config["process"], config["linux"]
    assert process["args"] == ["/bin/bash", "-p", "/sparkc/start.sh"]
    assert {f"{setting.key}={setting.value}" for setting in container.environment} <= set(process["env"])
    found = {
        (mount["source"], mount["destination"], "ro" in mount["options"])
        for mount in config["mounts"]
        if mount["type"] == "bind"
    }
    wanted = {(mount.host, mount.to, mount.read_only) for mount in mounts(plan.head, container)}
    assert wanted <= found
    assert {"/dev/nvidia0", "/dev/infiniband/uverbs0", "/dev/full"} <= {one["path"] for one in linux["devices"]}
    limits = {limit["type"]: (limit["soft"], limit["hard"]) for limit in process["rlimits"]}
    assert limits["RLIMIT_MEMLOCK"] == (2**64 - 1, 2**64 - 1)
    assert "CAP_IPC_LOCK" in process["capabilities"]["bounding"]
    # The host's own namespaces are those that are not made anew.
    assert {"network", "ipc"}.isdisjoint(one["type"] for one in linux["namespaces"])


def test_hostile_texts_arrive_in_the_container_unchanged(machine: Machine) -> None:
    plan = runnable(plans.hostile())
    install(machine, plan)
    start(machine, plan)
    container = plan.head.containers[0]
    engine = container.processes[-1]
    check_oci(machine.asked_for(), plan, container)
    assert ["vllm", *words_of(machine, "argv")] == list(engine.argv)
    variables = words_of(machine, "env")
    for setting in (*container.environment, *engine.environment):
        assert f"{setting.key}={setting.value}" in variables
    assert not list((machine.root / "records").rglob("pwned"))
    assert machine.call("find", "/", "-xdev", "-name", "pwned").stdout == ""


def test_start_counts_only_once_it_answers(machine: Machine) -> None:
    plan = runnable(plans.two_sparks())
    install(machine, plan)
    (machine.root / "records/hold").touch()
    node_sh(machine, plan, "start")
    machine.wait(lambda: (machine.root / "records/argv").exists())
    time.sleep(2)
    assert show(machine, "ActiveState") == "activating"
    assert "\trunning\t" in node_sh(machine, plan, "state")
    (machine.root / "records/hold").unlink()
    machine.wait(lambda: show(machine, "ActiveState") == "active")
    assert serves(machine)


def test_killed_it_serves_again_and_killed_too_often_it_gives_up(machine: Machine) -> None:
    plan = runnable(plans.two_sparks())
    install(machine, plan)
    start(machine, plan)
    for restarts in range(1, ATTEMPTS + 1):
        machine.said("podman", "kill", NAME)
        machine.wait(lambda: starts(machine) == restarts + 1 and show(machine, "ActiveState") == "active")  # noqa: B023
        assert serves(machine)
        assert show(machine, "NRestarts") == str(restarts)
    machine.said("podman", "kill", NAME)
    machine.wait(lambda: show(machine, "ActiveState") == "failed")
    time.sleep(3)
    assert starts(machine) == ATTEMPTS + 1
    assert show(machine, "Result") in ("exit-code", "start-limit-hit")
    [line] = node_sh(machine, plan, "state").splitlines()
    # systemd's count of restarts holds the one that it refused.
    assert line.split("\t")[:5] == ["container", NAME, "exited", "137", str(ATTEMPTS + 1)]
    assert "Start request repeated too quickly" in machine.said("journalctl", "-u", UNIT, "-o", "cat")
    # A person may start it again at once.
    start(machine, plan)
    assert serves(machine)


def test_stopped_nothing_is_left(machine: Machine) -> None:
    plan = runnable(plans.two_sparks())
    install(machine, plan)
    start(machine, plan)
    began = time.monotonic()
    said = node_sh(machine, plan, "stop")
    assert time.monotonic() - began < 20
    assert "fail\t" not in said
    assert show(machine, "ActiveState") == "inactive"
    assert machine.said("podman", "ps", "--all", "--quiet") == ""
    assert node_sh(machine, plan, "state") == f"container\t{NAME}\tabsent\t\t\t\t\n"
    assert not serves(machine)
    time.sleep(2)
    assert starts(machine) == 1


def test_a_container_that_is_stopped_by_hand_starts_anew(machine: Machine) -> None:
    """systemd is the only one who may stop it; an end by SIGTERM otherwise is somebody's memory watchdog."""
    plan = runnable(plans.two_sparks())
    install(machine, plan)
    start(machine, plan)
    machine.said("podman", "kill", "--signal", "TERM", NAME)
    machine.wait(lambda: starts(machine) == 2 and show(machine, "ActiveState") == "active")
    assert serves(machine)


def test_the_target_starts_and_stops_everything(machine: Machine) -> None:
    plan = runnable(plans.two_sparks())
    install(machine, plan)
    machine.said("systemctl", "start", TARGET)
    assert serves(machine)
    assert machine.said("systemctl", "is-enabled", TARGET).strip() == "enabled"
    machine.said("systemctl", "stop", TARGET)
    machine.wait(lambda: show(machine, "ActiveState") == "inactive")
    assert machine.said("podman", "ps", "--all", "--quiet") == ""


def test_the_journal_keeps_the_log_of_the_start_before(machine: Machine) -> None:
    plan = runnable(plans.two_sparks())
    install(machine, plan)
    start(machine, plan)
    (first,) = {line.split()[1] for line in node_sh(machine, plan, "logs").splitlines() if line.startswith("[sparkc ")}
    machine.said("podman", "kill", NAME)
    machine.wait(lambda: starts(machine) == 2 and show(machine, "ActiveState") == "active")
    now = node_sh(machine, plan, "logs")
    assert first not in now
    assert "starting engine" in now
    assert first in node_sh(machine, plan, "last-log")


def test_uninstalled_no_unit_is_left(machine: Machine) -> None:
    plan = runnable(plans.two_sparks())
    install(machine, plan)
    start(machine, plan)
    said = node_sh(machine, plan, "uninstall")
    assert "fail\t" not in said
    assert show(machine, "LoadState") == "not-found"
    assert show(machine, "LoadState", TARGET) == "not-found"
    assert machine.call("find", "/etc", "-name", "sparkc-*").stdout == ""


def test_a_command_runs_in_the_container(machine: Machine) -> None:
    plan = runnable(plans.two_sparks())
    install(machine, plan)
    start(machine, plan)
    assert node_sh(machine, plan, "exec", NAME, "cat", "/www/health") == "ok\n"


def test_preflight_names_what_podman_lacks(machine: Machine) -> None:
    plan = runnable(plans.two_sparks())
    install(machine, plan)
    checks = [line.split("\t") for line in node_sh(machine, plan, "preflight").splitlines()]
    assert {name: level for level, name, *_ in checks if name in ("podman", "systemd", "cdi")} == {
        "podman": "ok",
        "systemd": "ok",
        "cdi": "ok",
    }
    (machine.root / "etc/cdi/nvidia.yaml").unlink()
    checks = [line.split("\t") for line in node_sh(machine, plan, "preflight").splitlines()]
    [cdi] = [check for check in checks if check[1] == "cdi"]
    assert cdi[0] == "fail"
    assert "nvidia-ctk cdi generate" in cdi[3]


def with_image(plan: Plan, image: Image) -> Plan:
    node = plan.head
    return replace(plan, nodes=(replace(node, containers=(replace(node.containers[0], image=image),)),))


def test_an_image_pinned_by_its_id_is_found_and_run(machine: Machine) -> None:
    pinned = machine.said("podman", "images", "--quiet", "--no-trunc").strip()
    assert pinned.startswith("sha256:")
    plan = with_image(runnable(plans.two_sparks()), Image(IMAGE, None, pinned, plans.spec("engine.image", "local")))
    install(machine, plan)
    start(machine, plan)
    assert serves(machine)
    assert f"ok\timage\t{IMAGE} is here ({pinned})" in node_sh(machine, plan, "preflight")


def test_an_image_of_docker_hub_is_found_under_the_name_that_docker_knows(machine: Machine) -> None:
    machine.said("podman", "tag", IMAGE, "docker.io/vllm/vllm-openai:v1")
    machine.said("podman", "rmi", IMAGE)
    digest = machine.said("podman", "images", "--format", "{{.Digest}}").strip()
    image = Image("vllm/vllm-openai:v1", digest, None, plans.spec("engine.image", "pinned"))
    plan = with_image(runnable(plans.two_sparks()), image)
    install(machine, plan)
    start(machine, plan)
    assert serves(machine)
    assert "ok\timage\tvllm/vllm-openai:v1 is here" in node_sh(machine, plan, "preflight")


def test_a_unit_that_hides_ours_is_named(machine: Machine) -> None:
    plan = runnable(plans.two_sparks())
    hidden = machine.root / "etc/systemd/system" / UNIT
    hidden.parent.mkdir(parents=True, exist_ok=True)
    hidden.write_text("[Service]\nExecStart=true\n")
    with pytest.raises(AssertionError, match="hides the unit of that name"):
        install(machine, plan)


# --- the units of a user ---------------------------------------------------------------------------------------------


def ops(machine: Machine, *words: str) -> str:
    return machine.said("env", "XDG_RUNTIME_DIR=/run/user/1000", *words, user="ops")


def test_the_login_users_own_systemd_runs_it_where_root_cannot_be_had(machine: Machine) -> None:
    plan = runnable(plans.two_sparks())
    machine.said("loginctl", "enable-linger", "ops")
    # Podman's user units wait for it, and nothing else here asks for it.
    machine.said("systemctl", "start", "network-online.target")
    machine.wait(lambda: machine.call("systemctl", "is-active", "user@1000.service").returncode == 0)
    machine.bring(plan, plan.head)
    machine.said("chown", "-R", "ops:ops", "/home/ops")
    machine.said("podman", "import", "-", IMAGE, input=machine.image, user="ops")
    script = f"{plan.head.install_dir}/node.sh"
    assert "fail\t" not in ops(machine, "bash", script, "install")
    ops(machine, "bash", script, "start")

    def state() -> str:
        return ops(machine, "systemctl", "--user", "show", "--property=ActiveState", "--value", UNIT).strip()

    machine.wait(lambda: state() in ("active", "failed"))
    assert state() == "active", ops(machine, "journalctl", "--user", "--output=cat", "--no-pager")
    assert serves(machine)
    assert words_of(machine, "argv")[0] == "serve"
    # The step that needs root was left out, and preflight says so.
    assert starts(machine) == 0
    checks = [line.split("\t") for line in ops(machine, "bash", script, "preflight").splitlines()]
    [units] = [check for check in checks if check[1] == "units"]
    assert units[0] == "warn"
    assert "count-starts is left out before a start" in units[2]
    [privilege] = [check for check in checks if check[1] == "privilege"]
    assert privilege[0] == "ok"
    assert "leave out: count-starts" in privilege[2]
    # `up` runs these verbs before it starts anything.
    assert "warn\tcount-starts\tleft out" in ops(machine, "bash", script, "drop-caches")
    assert "starting engine" in ops(machine, "bash", script, "logs")
    assert "fail\t" not in ops(machine, "bash", script, "uninstall")
    assert machine.call("find", "/home/ops/.config", "-name", "sparkc-*").stdout == ""
    assert machine.said("podman", "ps", "--all", "--quiet", user="ops") == ""
