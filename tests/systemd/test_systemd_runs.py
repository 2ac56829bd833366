"""A real systemd runs the units; Docker and the engine are stand-ins that write down what reaches them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path, PurePosixPath

import pytest
from private_systemd import PrivateSystemd, need_namespaces
from unit_text import command, read_unit, value

import plans
from sparkc.plan import HttpOk, Mount, Node, Plan, Probe, Restart, Setting, Step
from sparkc_targets.systemd.node_files import node_files

SERVICE, TARGET = "sparkc-minimax-m27.service", "sparkc-minimax-m27.target"
BECAUSE = plans.spec("tests", plans.NASTY)
ATTEMPTS = 5


def quick() -> Plan:
    """Return a launch on one machine that waits for nothing, restarts at once, and holds every hostile text."""
    plan = plans.one_spark()
    container = plan.head.containers[0]
    [engine] = container.processes

    def hostile(prefix: str) -> tuple[Setting, ...]:
        return tuple(Setting(f"{prefix}{n}", text, BECAUSE) for n, text in enumerate(plans.HOSTILE))

    engine = replace(
        engine,
        waits_for=(),
        arguments=(*hostile("--text-"), Setting("--port", "8002", BECAUSE)),
        environment=hostile("TEXT_"),
    )
    container = replace(
        container,
        processes=(engine,),
        environment=hostile("SHARED_"),
        prepended=(),
        mounts=tuple(
            Mount(f"/srv/{text.replace('/', '-')}", f"/in/{n}", True, "author", BECAUSE)
            for n, text in enumerate(plans.HOSTILE)
        ),
        probes=(Probe("startup", HttpOk("127.0.0.1", 8002, "/health"), 1, 5, 3, BECAUSE),),
        restart=Restart(True, ATTEMPTS, 0, BECAUSE),
        stop_timeout_s=5,
    )
    steps = (Step("say", "every_start", True, ("sysctl", *plans.HOSTILE), "says", BECAUSE),)
    node = replace(plan.head, containers=(container,), steps=steps)
    return replace(plan, nodes=(node,), service=replace(plan.service, first_start_s=30))


PLAN = quick()
NODE: Node = PLAN.head
CONTAINER = NODE.containers[0]
ENGINE = CONTAINER.processes[0]


def machine(folder: Path, mode: str = "system") -> PrivateSystemd:
    need_namespaces()
    systemd = PrivateSystemd(folder, mode)
    artifacts = list(node_files(PLAN, NODE))
    systemd.install(NODE.install_dir, artifacts)
    return systemd


def installed(folder: Path, units: str, mode: str = "system") -> PrivateSystemd:
    """Return a machine that knows the units from its start on."""
    systemd = machine(folder, mode)
    for artifact in node_files(PLAN, NODE):
        path = PurePosixPath(artifact.path)
        if path.parent == PurePosixPath(units):
            systemd.unit(path.name, artifact.text)
    return systemd


@pytest.fixture
def systemd(tmp_path: Path, record_property: Callable[[str, object], None]) -> Iterator[PrivateSystemd]:
    record_property("started", "systemd as process 1 of private namespaces, with a stand-in for docker; ended again")
    with installed(tmp_path / "machine", "units") as running:
        yield running


def open_gate(systemd: PrivateSystemd) -> None:
    """Let the engine serve."""
    systemd.inside("/srv/gate").touch()


def serves(systemd: PrivateSystemd) -> bool:
    found = systemd.run("curl", "--silent", "--fail", "http://127.0.0.1:8002/v1/models", check=False)
    return found.returncode == 0


def kill_engine(systemd: PrivateSystemd) -> None:
    systemd.run("pkill", "-KILL", "-f", "serve_forever")


def test_the_words_and_variables_that_arrive_are_those_of_the_plan(systemd: PrivateSystemd) -> None:
    open_gate(systemd)
    systemd.systemctl("start", TARGET)
    assert systemd.property(SERVICE, "ActiveState") == "active"
    [run] = [call for call in systemd.calls("docker") if call.argv[0] == "run"]
    text = next(file.text for file in node_files(PLAN, NODE) if file.path == f"units/{SERVICE}")
    assert ["docker", *run.argv] == command(value(read_unit(text), "ExecStart"))
    assert [word for word in run.argv if word.startswith("SHARED_")] == [
        f"SHARED_{n}={text}" for n, text in enumerate(plans.HOSTILE)
    ]
    [engine] = systemd.calls("vllm")
    assert ["vllm", *engine.argv] == list(ENGINE.argv)
    wanted = {setting.key: setting.value for setting in (*CONTAINER.environment, *ENGINE.environment)}
    assert {key: text for key, text in engine.env.items() if key in wanted} == wanted
    assert len(wanted) == 2 * len(plans.HOSTILE)


def test_the_login_runs_docker_and_root_the_steps(systemd: PrivateSystemd) -> None:
    open_gate(systemd)
    systemd.systemctl("start", TARGET)
    [step] = systemd.calls("sysctl")
    assert step.argv == list(plans.HOSTILE)
    assert step.who == "root"
    [run] = [call for call in systemd.calls("docker") if call.argv[0] == "run"]
    assert run.who == "ops"
    assert "docker" in run.groups


def test_a_start_counts_only_once_the_engine_answers(systemd: PrivateSystemd) -> None:
    systemd.systemctl("start", "--no-block", TARGET)
    systemd.wait_for(SERVICE, "SubState", "start-post")
    time.sleep(1.5)
    assert systemd.property(SERVICE, "ActiveState") == "activating"
    assert systemd.property(TARGET, "ActiveState") == "inactive"
    assert not serves(systemd)
    open_gate(systemd)
    systemd.wait_for(SERVICE, "ActiveState", "active")
    systemd.wait_for(TARGET, "ActiveState", "active")
    assert serves(systemd)


def test_what_is_killed_serves_again_after_the_steps_of_every_start(systemd: PrivateSystemd) -> None:
    open_gate(systemd)
    systemd.systemctl("start", TARGET)
    kill_engine(systemd)
    systemd.wait_for(SERVICE, "NRestarts", "1")
    systemd.wait_for(SERVICE, "ActiveState", "active")
    assert serves(systemd)
    assert len(systemd.calls("sysctl")) == 2
    assert "engine was killed (SIGKILL)" in systemd.journal()


def test_an_engine_that_ends_by_sigterm_unasked_serves_again(systemd: PrivateSystemd) -> None:
    open_gate(systemd)
    systemd.systemctl("start", TARGET)
    systemd.run("pkill", "-TERM", "-f", "serve_forever")
    systemd.wait_for(SERVICE, "NRestarts", "1")
    systemd.wait_for(SERVICE, "ActiveState", "active")


def test_it_gives_up_after_the_attempts_of_the_plan_and_says_why(systemd: PrivateSystemd) -> None:
    open_gate(systemd)
    systemd.systemctl("start", TARGET)
    for restart in range(1, ATTEMPTS + 1):
        kill_engine(systemd)
        systemd.wait_for(SERVICE, "NRestarts", str(restart))
        systemd.wait_for(SERVICE, "ActiveState", "active")
    kill_engine(systemd)
    systemd.wait_for(SERVICE, "ActiveState", "failed")
    journal = systemd.journal()
    assert "Start request repeated too quickly" in journal
    assert "engine was killed (SIGKILL)" in journal
    status = systemd.systemctl("status", "--no-pager", SERVICE, check=False).stdout
    assert "status=137" in status
    assert len([call for call in systemd.calls("docker") if call.argv[0] == "run"]) == ATTEMPTS + 1
    # It stays for `docker inspect`, and ends nothing else.
    assert systemd.inside("/srv/containers/minimax-m27").exists()


def test_a_stop_ends_everything_in_time_and_leaves_nothing(systemd: PrivateSystemd) -> None:
    open_gate(systemd)
    systemd.systemctl("start", TARGET)
    began = time.monotonic()
    systemd.systemctl("stop", TARGET)
    systemd.wait_for(SERVICE, "ActiveState", "inactive")
    assert time.monotonic() - began < CONTAINER.stop_timeout_s
    assert systemd.property(SERVICE, "Result") == "success"
    assert not serves(systemd)
    assert list(systemd.inside("/srv/containers").iterdir()) == []
    assert systemd.run("pgrep", "--count", "-f", "serve_forever|start-minimax", check=False).stdout.strip() == "0"
    assert ["stop", "minimax-m27"] in [call.argv for call in systemd.calls("docker")]


def test_a_stop_while_it_loads_leaves_nothing_either(systemd: PrivateSystemd) -> None:
    systemd.systemctl("start", "--no-block", TARGET)
    systemd.wait_for(SERVICE, "SubState", "start-post")
    systemd.systemctl("stop", SERVICE)
    assert systemd.property(SERVICE, "ActiveState") == "inactive"
    assert list(systemd.inside("/srv/containers").iterdir()) == []


def test_a_container_that_something_else_started_is_not_touched(systemd: PrivateSystemd) -> None:
    open_gate(systemd)
    systemd.systemctl("start", TARGET)
    # The same container once more, under a unit that did not start it.
    systemd.run("bash", "-c", f"bash -p {NODE.install_dir}/unit.sh clear minimax-m27; test $? = 1")
    assert serves(systemd)


def test_a_users_manager_runs_its_units_too(tmp_path: Path) -> None:
    with installed(tmp_path / "machine", "units/user", "user") as systemd:
        open_gate(systemd)
        systemd.systemctl("start", TARGET)
        assert systemd.property(SERVICE, "ActiveState") == "active"
        [engine] = systemd.calls("vllm")
        assert ["vllm", *engine.argv] == list(ENGINE.argv)
        [step] = systemd.calls("sysctl")
        assert step.argv == list(plans.HOSTILE)
        systemd.systemctl("stop", SERVICE)
        assert list(systemd.inside("/srv/containers").iterdir()) == []


# --- the verbs of node.sh --------------------------------------------------------------------------------------------


def node_sh(systemd: PrivateSystemd, *words: str, scope: str = "system") -> str:
    script = f"{NODE.install_dir}/node.sh"
    return systemd.run("env", f"SPARKC_SCOPE={scope}", "bash", script, *words).stdout


def state(systemd: PrivateSystemd, scope: str = "system") -> list[str]:
    return node_sh(systemd, "state", scope=scope).rstrip("\n").split("\t")


def wait_until_logged(systemd: PrivateSystemd, text: str, seconds: float = 10) -> None:
    """Wait for a line of the log: journald takes what a unit writes in its own time."""
    deadline = time.monotonic() + seconds
    while text not in (log := node_sh(systemd, "logs")):
        assert time.monotonic() < deadline, f"{text!r} did not come:\n{log}\n{systemd.journal()}"
        time.sleep(0.05)


@pytest.mark.parametrize(
    ("mode", "folder"),
    [("system", "/etc/systemd/system"), ("user", "/home/ops/.config/systemd/user")],
)
def test_the_verbs_install_start_watch_stop_and_uninstall(mode: str, folder: str, tmp_path: Path) -> None:
    with machine(tmp_path / "machine", mode) as systemd:
        said = node_sh(systemd, "install", scope=mode)
        assert f"ok\tunits\t{TARGET} starts with the machine" in said
        assert systemd.inside(f"{folder}/{SERVICE}").exists()
        assert systemd.systemctl("is-enabled", TARGET).stdout.strip() == "enabled"
        # From here on node.sh knows by itself whose units they are.
        assert state(systemd)[:3] == ["container", "minimax-m27", "absent"]

        assert f"started by systemd: {SERVICE}" in node_sh(systemd, "start")
        assert state(systemd)[2] == "running"
        open_gate(systemd)
        systemd.wait_for(SERVICE, "ActiveState", "active")
        wait_until_logged(systemd, "starting engine: ")

        kill_engine(systemd)
        systemd.wait_for(SERVICE, "NRestarts", "1")
        systemd.wait_for(SERVICE, "ActiveState", "active")
        assert state(systemd)[2:5] == ["running", "0", "1"]
        assert "engine was killed (SIGKILL)" in node_sh(systemd, "last-log")
        assert "engine was killed (SIGKILL)" not in node_sh(systemd, "logs")

        said = node_sh(systemd, "stop")
        assert "ok\tminimax-m27\tstopped after" in said
        assert state(systemd)[2] == "absent"
        assert not serves(systemd)

        said = node_sh(systemd, "uninstall")
        assert f"ok\tunits\tremoved from {folder}" in said
        assert [path for path in systemd.inside(folder).rglob("sparkc-*") if path.exists() or path.is_symlink()] == []


def test_a_unit_of_an_earlier_build_goes_when_this_one_is_installed(tmp_path: Path) -> None:
    systemd = machine(tmp_path / "machine")
    systemd.unit("sparkc-old.service", f"[Unit]\nPartOf={TARGET}\n[Service]\nExecStart=/bin/true\n")
    systemd.unit("sparkc-other.service", "[Unit]\nPartOf=sparkc-other.target\n[Service]\nExecStart=/bin/true\n")
    with systemd:
        node_sh(systemd, "install")
        there = {path.name for path in systemd.inside("/etc/systemd/system").glob("sparkc-*")}
        assert there == {SERVICE, TARGET, "sparkc-other.service"}


def test_a_start_that_fails_at_once_says_why(tmp_path: Path) -> None:
    with machine(tmp_path / "machine") as systemd:
        systemd.inside("/srv/bin/sysctl").write_text("#!/bin/bash\necho no such setting >&2\nexit 1\n")
        node_sh(systemd, "install")
        script = f"{NODE.install_dir}/node.sh"
        systemd.run("bash", "-c", f"bash {script} start; test $? = 1")
        systemd.wait_for(SERVICE, "ActiveState", "failed")
        assert state(systemd)[2] == "exited"
        assert "no such setting" in node_sh(systemd, "logs")
