"""A real Docker engine and real Compose run the stub image as the Plan says.

Started here: one dockerd (with its containerd and containers) in a network namespace of its own. All of it is ended by
pid when the module is done.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import plans
from committed import committed
from engines.docker_engine import DockerEngine, wait_until
from engines.here import install, on_this_machine
from engines.stub_image import NAME, image_tar
from sparkc.plan import Container, Mount, Node, Plan
from sparkc_targets.compose import TARGET
from sparkc_targets.node.mounts import mounts
from tools import need_tool

START_LIMIT_S = "90"


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DockerEngine]:
    need_tool("docker-compose")
    folder = tmp_path_factory.mktemp("engine")
    cables = {"enp1s0f0np0": ("10.0.0.1", "10.0.0.2"), "enp1s0f1np1": ("192.168.100.10", "192.168.100.11")}
    engine = DockerEngine(folder, cables)
    try:
        (folder / "image.tar").write_bytes(image_tar(("stub",)))
        # A command of the image's own must not reach the start script.
        engine.docker("import", "--change", 'CMD ["from-the-image"]', str(folder / "image.tar"), NAME)
        yield engine
    finally:
        engine.end()


@pytest.fixture
def run(engine: DockerEngine, record_property: Callable[[str, object], None]) -> Iterator[Callable[[Plan], Running]]:
    record_property("started", f"dockerd {engine.version}, with a network of its own; ended again")
    yield lambda plan: Running(engine, plan)
    engine.remove_containers()


class Running:
    """A Plan on this machine: its projects, and the node's verbs."""

    def __init__(self, engine: DockerEngine, plan: Plan) -> None:
        self.engine = engine
        self.plan = plan
        files = list(TARGET.render(plan))
        self.folders = {node.name: install(files, "compose", node) for node in plan.nodes}

    def compose(self, node: Node, *words: str, check: bool = True) -> Any:
        folder = str(self.folders[node.name])
        return self.engine.run("docker-compose", "--project-directory", folder, *words, check=check)

    def node_sh(self, *words: str, node: Node | None = None, check: bool = True) -> str:
        """Run node.sh with a verb, on the head unless another node is named."""
        folder = self.folders[(node or self.plan.head).name]
        ended = self.engine.run(*self.engine.inside_network("bash", str(folder / "node.sh"), *words), check=check)
        return ended.stdout + ended.stderr

    def log(self, node: Node) -> str:
        """Return what the node's container has said so far."""
        return self.log_of(node.containers[0])

    def log_of(self, container: Container) -> str:
        """Return what a container has said so far."""
        ended = self.engine.docker("logs", container.name)
        return ended.stdout + ended.stderr

    def answers(self, container: Container) -> bool:
        """Tell whether the health check of the container holds."""
        return self.engine.inspect(container.name)["State"].get("Health", {}).get("Status") == "healthy"

    def recorded(self, container: Container, program: str) -> list[tuple[tuple[str, ...], dict[str, str]]]:
        """Return argv and environment of each call of a stand-in, oldest first."""
        names = self.engine.docker("exec", container.name, "ls", "/record").stdout.split()
        return [
            (
                self._words(container, name, "argv"),
                dict(word.split("=", 1) for word in self._words(container, name, "env")),
            )
            for name in sorted(names)
            if f"-{program}." in name
        ]

    def _words(self, container: Container, name: str, file: str) -> tuple[str, ...]:
        content = self.engine.docker("exec", container.name, "cat", f"/record/{name}/{file}").stdout
        return tuple(content.split("\0")[:-1])


def check_that_everything_arrived(running: Running, node: Node, container: Container) -> None:
    """Compare what the engine asked its runtime for with the Plan."""
    given = running.engine.given(container.name)
    assert given.argv == ["/bin/bash", "-p", "/sparkc/start.sh"]
    own = {key: value for key, value in given.environment.items() if key not in ("PATH", "HOSTNAME", "HOME")}
    # The engine's own way of handing out GPUs.
    own.pop("NVIDIA_VISIBLE_DEVICES", None)
    assert own == {setting.key: setting.value for setting in container.environment}
    # Docker leaves the last slash of a folder out.
    assert given.binds == {
        mount.to.rstrip("/"): (mount.host.rstrip("/"), mount.read_only) for mount in mounts(node, container)
    }
    assert given.devices == {device.path for device in container.devices}
    limits = {f"RLIMIT_{limit.name.upper()}": (limit.soft, limit.hard) for limit in container.limits}
    assert given.limits == {name: _unsigned(*values) for name, values in limits.items()}
    assert {f"CAP_{capability.value}" for capability in container.capabilities} <= given.capabilities
    assert ("NVIDIA_VISIBLE_DEVICES" in given.environment) == (container.gpus is not None)
    assert "network" not in given.own_namespaces
    assert ("ipc" in given.own_namespaces) == (container.ipc is None)


def _unsigned(*values: int) -> tuple[int, ...]:
    return tuple(value % 2**64 for value in values)


def check_processes(running: Running, container: Container) -> None:
    """Compare what each stand-in was called with, and its variables, with the Plan."""
    for process in container.processes:
        program = process.program[0].rpartition("/")[2]
        calls = running.recorded(container, program)
        argv, environment = calls[0]
        assert (program, *argv) == process.argv
        wanted = {s.key: s.value for s in (*container.environment, *process.environment)}
        assert wanted.items() <= environment.items()
        for secret in container.secrets:
            assert environment[secret.key] == f"the value of {secret.name}"


@pytest.mark.parametrize(
    ("spec", "variant"), [("qwen36-35b-nvfp4", None), ("minimax-m27", None), ("llama33-70b", "mp")]
)
def test_compose_brings_a_deployment_up_and_everything_arrives(
    spec: str, variant: str | None, run: Callable[[Plan], Running], tmp_path: Path
) -> None:
    plan = on_this_machine(committed(spec, variant), tmp_path)
    running = run(plan)
    # In any order: the worker waits for the head, and the head for the worker.
    for node in reversed(plan.nodes):
        waiting = ("--wait", "--wait-timeout", START_LIMIT_S) if node is plan.head else ()
        running.compose(node, "up", "--detach", *waiting)
    assert running.answers(plan.head.containers[0])
    for node in plan.nodes:
        for container in node.containers:
            check_that_everything_arrived(running, node, container)
            check_processes(running, container)
        assert "\trunning\t0\t0\t" in running.node_sh("state", node=node)
    for node in plan.nodes:
        running.compose(node, "down")
    assert running.engine.container_names() == []


def pair_without_ray(folder: Path) -> Plan:
    """Return two nodes whose ranks vLLM carries itself; a lost peer is noticed after 3 s instead of 60."""
    return hastier(on_this_machine(committed("llama33-70b", "mp"), folder, pause_s=8))


def hastier(plan: Plan) -> Plan:
    """Return the plan with short watches, and without host steps."""

    def watchful(container: Container) -> Container:
        watches = tuple(replace(watch, period_s=1, misses=3) for watch in container.watches)
        return replace(container, watches=watches)

    nodes = tuple(replace(node, containers=tuple(map(watchful, node.containers)), steps=()) for node in plan.nodes)
    return replace(plan, nodes=nodes)


def test_a_head_without_ray_waits_for_a_worker_that_comes_late(run: Callable[[Plan], Running], tmp_path: Path) -> None:
    running = run(pair_without_ray(tmp_path))
    head, worker = running.plan.nodes
    running.compose(head, "up", "--detach")
    wait_until(lambda: "waiting for spark-2" in running.log(head), 20)
    assert running.recorded(head.containers[0], "vllm") == []
    running.compose(worker, "up", "--detach")
    wait_until(lambda: running.answers(head.containers[0]), 60)
    ((argv, _),) = running.recorded(worker.containers[0], "vllm")
    assert argv[-1] == "--headless"


def test_a_killed_rank_without_ray_ends_the_group_and_it_starts_anew(
    run: Callable[[Plan], Running], engine: DockerEngine, tmp_path: Path
) -> None:
    running = run(pair_without_ray(tmp_path))
    head, worker = running.plan.nodes
    for node in running.plan.nodes:
        running.compose(node, "up", "--detach")
    wait_until(lambda: running.answers(head.containers[0]), 60)
    wait_until(lambda: "watching the engine on spark-2" in running.log(head), 20)
    os.kill(engine.inspect(worker.containers[0].name)["State"]["Pid"], signal.SIGKILL)
    wait_until(lambda: "the engine on spark-2 is gone" in running.log(head), 30)
    wait_until(lambda: all(running.log(node).count("starting engine") == 2 for node in running.plan.nodes), 60)
    wait_until(lambda: running.answers(head.containers[0]), 60)
    assert "engine was ended because a peer is gone" in running.log(head)
    # The worker came back after the head had noticed: no rank of the new group met one of the old.
    assert engine.inspect(worker.containers[0].name)["RestartCount"] == 1


def apart(folder: Path) -> Plan:
    """Return prefill and decode on two nodes, each of two ranks; a lost rank is noticed after 3 s instead of 60."""
    network = "interconnect: {interface: enp1s0f0np0}"
    return hastier(on_this_machine(committed("minimax-m27-w8a8-a3-pd", "corrected", network), folder, pause_s=8))


def container_of(plan: Plan, ending: str) -> Container:
    return next(
        container for node in plan.nodes for container in node.containers if container.name.endswith(f"-{ending}")
    )


def test_prefill_and_decode_come_up_in_any_order_and_everything_arrives(
    run: Callable[[Plan], Running], tmp_path: Path
) -> None:
    running = run(apart(tmp_path))
    prefill, decode = running.plan.nodes
    # Each side serves once both of its ranks have met, so one that waited for the other's end never would.
    running.compose(decode, "up", "--detach", "--wait", "--wait-timeout", START_LIMIT_S)
    proxy = container_of(running.plan, "proxy")
    running.compose(prefill, "up", "--detach", "--wait", "--wait-timeout", START_LIMIT_S)
    assert running.answers(proxy)
    for node in running.plan.nodes:
        for container in node.containers:
            check_that_everything_arrived(running, node, container)
            check_processes(running, container)
    slices = {
        rank: running.recorded(container_of(running.plan, f"prefill-dp{rank}"), "vllm")[0][1][VISIBLE]
        for rank in (0, 1)
    }
    assert slices == {0: "0,1,2,3,4,5,6,7", 1: "8,9,10,11,12,13,14,15"}
    for node in running.plan.nodes:
        running.compose(node, "down")
    assert running.engine.container_names() == []


VISIBLE = "ASCEND_RT_VISIBLE_DEVICES"


def test_a_rank_that_comes_late_is_waited_for_and_so_is_the_proxy(
    run: Callable[[Plan], Running], tmp_path: Path
) -> None:
    running = run(apart(tmp_path))
    prefill, decode = running.plan.nodes
    first, late = (container_of(running.plan, f"prefill-dp{rank}") for rank in (0, 1))
    proxy = container_of(running.plan, "proxy")
    running.compose(decode, "up", "--detach")
    running.compose(prefill, "up", "--detach", first.name, proxy.name)
    wait_until(lambda: "waiting for data parallel rank 1 at 10.0.0.1:29503" in running.log_of(first), 20)
    wait_until(lambda: "waiting for prefill rank 0 at 10.0.0.1:7000" in running.log_of(proxy), 20)
    assert running.recorded(first, "vllm") == running.recorded(proxy, "python3") == []
    running.compose(prefill, "up", "--detach", late.name)
    wait_until(lambda: running.answers(proxy), 60)


def test_a_killed_rank_ends_its_side_and_no_other(
    run: Callable[[Plan], Running], engine: DockerEngine, tmp_path: Path
) -> None:
    running = run(apart(tmp_path))
    for node in running.plan.nodes:
        running.compose(node, "up", "--detach")
    proxy = container_of(running.plan, "proxy")
    first, killed = (container_of(running.plan, f"decode-dp{rank}") for rank in (0, 1))
    wait_until(lambda: running.answers(proxy), 60)
    wait_until(lambda: "watching data parallel rank 1 on atlas-2" in running.log_of(first), 20)
    os.kill(engine.inspect(killed.name)["State"]["Pid"], signal.SIGKILL)
    wait_until(lambda: "data parallel rank 1 on atlas-2 is gone" in running.log_of(first), 30)
    wait_until(lambda: all(running.log_of(rank).count("starting engine") == 2 for rank in (first, killed)), 60)
    assert "engine was ended because a peer is gone" in running.log_of(first)
    wait_until(lambda: running.answers(first) and running.answers(killed), 60)
    for other in (proxy, container_of(running.plan, "prefill-dp0"), container_of(running.plan, "prefill-dp1")):
        assert engine.inspect(other.name)["RestartCount"] == 0


def one_spark(folder: Path, attempts: int) -> Plan:
    plan = on_this_machine(plans.one_spark(), folder)
    node = plan.head
    container = node.containers[0]
    probe = replace(container.probes[0], period_s=1)
    container = replace(container, restart=replace(container.restart, attempts=attempts), probes=(probe,))
    return replace(plan, nodes=(replace(node, containers=(container,), steps=()),))


def test_a_killed_container_serves_again_until_the_limit_and_then_gives_up_with_the_reason(
    run: Callable[[Plan], Running], engine: DockerEngine, tmp_path: Path
) -> None:
    attempts = 5
    running = run(one_spark(tmp_path, attempts))
    container = running.plan.head.containers[0]
    running.node_sh("install")
    assert "ok\tminimax-m27\tstarted by Compose" in running.node_sh("start")
    for restarts in range(attempts + 1):
        wait_until(lambda: running.answers(container), 30)
        state = engine.inspect(container.name)
        assert state["RestartCount"] == restarts
        if restarts == 0:
            os.kill(state["State"]["Pid"], signal.SIGKILL)
        else:
            engine.kill_child(container.name, "httpd")
        wait_until(lambda pid=state["State"]["Pid"]: engine.inspect(container.name)["State"]["Pid"] != pid, 10)
    wait_until(lambda: engine.inspect(container.name)["State"]["Status"] == "exited", 10)
    status = running.node_sh("status", check=False)
    assert f"exited with exit status 137, {attempts} restarts" in status
    assert "engine was killed (SIGKILL)" in running.node_sh("logs")
    assert len(list(engine.records.glob(f"{state['Id']}.*"))) == attempts + 1


def test_a_stop_leaves_nothing_and_keeps_the_log(
    run: Callable[[Plan], Running], engine: DockerEngine, tmp_path: Path
) -> None:
    running = run(one_spark(tmp_path, 3))
    running.node_sh("install")
    running.node_sh("start")
    wait_until(lambda: running.answers(running.plan.head.containers[0]), 30)
    assert "it runs already" in running.node_sh("start", check=False)
    assert "stopped after" in running.node_sh("stop")
    assert engine.container_names() == []
    assert "asked to stop (SIGTERM)" in running.node_sh("last-log")
    assert "engine ended with status" in running.node_sh("last-log")


def test_a_mount_that_is_not_there_is_refused_and_not_created(
    run: Callable[[Plan], Running], engine: DockerEngine, tmp_path: Path
) -> None:
    running = run(one_spark(tmp_path, 3))
    weights = next(Path(m.host) for m in running.plan.head.containers[0].mounts if m.kind == "weights")
    weights.rmdir()
    said = running.node_sh("start", check=False)
    assert "docker compose up failed" in said
    assert str(weights) in said
    assert not weights.exists()


def test_preflight_names_the_tools_and_says_when_compose_is_missing(
    run: Callable[[Plan], Running], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    running = run(one_spark(tmp_path, 3))
    assert "ok\tcompose\tusable as: " in running.node_sh("preflight")
    monkeypatch.setattr(DockerEngine, "environment", property(lambda engine: _without_compose(engine, tmp_path)))
    assert "fail\tcompose\tCompose v2 is not installed\tinstall the plugin" in running.node_sh("preflight")


def _without_compose(engine: DockerEngine, folder: Path) -> dict[str, str]:
    return {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "DOCKER_HOST": f"unix://{engine.socket}", "HOME": str(folder)}


def hostile_here(folder: Path) -> Plan:
    """Return the hostile Plan as one node that starts here; names of files fit into a file system."""
    plan = plans.hostile()
    node = plan.head
    container = node.containers[0]
    engine = replace(container.processes[1], waits_for=())
    container = replace(
        container,
        processes=(engine,),
        watches=(),
        devices=(),
        secrets=tuple(replace(s, file=f"/srv/{_file_name(plans.HOSTILE[1])}") for s in container.secrets),
        prepended=(),
    )
    plan = replace(plan, nodes=(replace(node, containers=(container,), weights=()),))
    return on_this_machine(plan, folder)


def _file_name(text: str) -> str:
    return text.replace("/", "⁄")


def test_hostile_texts_arrive_unchanged(run: Callable[[Plan], Running], engine: DockerEngine, tmp_path: Path) -> None:
    plan = hostile_here(tmp_path)
    running = run(plan)
    container = plan.head.containers[0]
    running.compose(plan.head, "up", "--detach")
    wait_until(lambda: bool(running.recorded(container, "vllm")), 20)
    check_that_everything_arrived(running, plan.head, container)
    ((argv, environment),) = running.recorded(container, "vllm")
    (process,) = container.processes
    assert ("vllm", *argv) == process.argv
    for setting in (*container.environment, *process.environment):
        assert environment[setting.key] == setting.value
    assert not list(tmp_path.rglob("pwned"))


def test_an_author_mount_keeps_its_place(run: Callable[[Plan], Running], engine: DockerEngine, tmp_path: Path) -> None:
    plan = one_spark(tmp_path, 3)
    container = plan.head.containers[0]
    source = tmp_path / "with: colon, comma and $dollar"
    source.mkdir()
    mount = Mount(str(source), "/in/a:b,c$d", True, "author", plans.spec("container.mounts", "a test"))
    container = replace(container, mounts=(*container.mounts, mount))
    plan = replace(plan, nodes=(replace(plan.head, containers=(container,)),))
    running = run(plan)
    running.compose(plan.head, "up", "--detach", "--wait", "--wait-timeout", START_LIMIT_S)
    assert engine.given(container.name).binds["/in/a:b,c$d"] == (str(source), True)
