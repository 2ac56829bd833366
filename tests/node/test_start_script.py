"""Start scripts, run for real against stand-ins for Ray and the engine."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from rig import GIB, Rig, Start, quick

import plans
from sparkc.plan import Condition, Container, File, HttpOk, InterfaceUp, Plan, Process, Setting, TcpOpen, Watch
from sparkc.resolve.beacon import PROGRAM
from sparkc_targets.node.start_script import start_script
from tools import cannot, need_tool

RAY_STATUS = """if [[ $1 == status ]]; then
cat <<'END'
======== Autoscaler status: 2026-05-01 10:00:00.000000 ========
Node status
---------------------------------------------------------------
Active:
 1 node_a6934217c9f0e60dd1fc630f8dade979cfaec08bbb1d57a252eeaa6f
@MORE@Pending:
 (no pending nodes)
Recent failures:
 (no failures)

Resources
---------------------------------------------------------------
Total Usage:
 0.0/40.0 CPU
 0.0/@GPUS@ GPU
 0B/9.32GiB memory

From request_resources:
 (none)
Pending Demands:
 {'GPU': 1.0}: 9+ pending tasks/actors
END
fi
"""
TWO_NODES = RAY_STATUS.replace("@MORE@", " 1 node_2906\n").replace("@GPUS@", "2.0")
ONE_NODE = RAY_STATUS.replace("@MORE@", "").replace("@GPUS@", "1.0")
SERVE = "trap 'exit 143' TERM; echo serving; for ((i = 0; i < 500; i++)); do sleep 0.02; done\n"


@pytest.fixture
def rig(tmp_path: Path) -> Rig:
    rig = Rig(tmp_path)
    rig.meminfo(MemTotal=125_000_000, MemAvailable=120_000_000)
    rig.interface(plans.INTERFACE, address=plans.HEAD)
    rig.stand_in("ray", TWO_NODES)
    rig.stand_in("vllm", "exit 3\n")
    (tmp_path / "token").write_text("hf_secret\n")
    return rig


def head_of(plan: Plan, rig: Rig) -> Container:
    """Return the head's container with its secret in the rig and nothing that needs a second machine."""
    container = plan.head.containers[0]
    return replace(
        container,
        secrets=tuple(replace(secret, to=str(rig.root / "token")) for secret in container.secrets),
        watches=(),
    )


def start(rig: Rig, container: Container, plan: Plan | None = None, **timing: object) -> Start:
    plan = plan or plans.two_sparks()
    script = rig.root / "start.sh"
    script.write_bytes(quick(start_script(plan, plan.head, container), rig, **timing).encode())
    environment = {setting.key: str(setting.value) for setting in container.environment}
    return Start(rig, script, environment)


def with_engine(container: Container, **changes: object) -> Container:
    return replace(container, processes=(*container.processes[:-1], replace(container.processes[-1], **changes)))


def only_engine(rig: Rig, *conditions: Condition, **changes: object) -> Container:
    """Return a container with one process that waits for the conditions."""
    container = head_of(plans.two_sparks(), rig)
    engine = replace(container.processes[-1], waits_for=conditions)
    return replace(container, processes=(engine,), **changes)


def waiting_for(fact: object, seconds: int = 0) -> Condition:
    return Condition(fact, "the thing", seconds, "do the other thing", plans.derived("test", "a test"))  # type: ignore[arg-type]


def without_path(env: dict[str, str]) -> dict[str, str]:
    return {key: value for key, value in env.items() if key != "PATH"}


# --- what arrives ----------------------------------------------------------------------------------------------------


def test_processes_start_in_order_each_with_its_own_words_and_variables(rig: Rig) -> None:
    start(rig, head_of(plans.two_sparks(), rig)).end()
    shared = {
        "VLLM_HOST_IP": "10.0.0.1",
        "NCCL_SOCKET_IFNAME": "enp1s0f0np0",
        "LD_LIBRARY_PATH": "/opt/nccl/lib",
        "HF_TOKEN": "hf_secret",
    }
    raylet = "start --head --node-ip-address 10.0.0.1 --object-store-memory 1073741824 --num-gpus 1 --port 6379"
    engine = (
        "serve /srv/models/MiniMax-M2.7-MXFP4 --host 0.0.0.0 --port 8002 --served-model-name minimax-m2.7 "
        "--tensor-parallel-size 2 --distributed-executor-backend ray --gpu-memory-utilization 0.82 "
        "--max-model-len 131072 --load-format fastsafetensors --enable-auto-tool-choice "
        "--tool-call-parser minimax_m2 --trust-remote-code"
    )
    assert [(call.program, call.argv, without_path(call.env)) for call in rig.calls()] == [
        ("ray", tuple(raylet.split()), shared | {"RAY_memory_monitor_refresh_ms": "0"}),
        ("ray", ("status",), shared),
        ("vllm", tuple(engine.split()), shared | {"OMP_NUM_THREADS": "8", "RAY_DEDUP_LOGS": "0"}),
    ]


def test_a_worker_joins_once_the_head_answers_and_stays_as_long_as_its_raylet(rig: Rig) -> None:
    plan = plans.two_sparks()
    container = replace(plan.nodes[1].containers[0], secrets=(), watches=())
    raylet = container.processes[0]
    memory, interface, head = raylet.waits_for
    rig.interface(plans.INTERFACE, address=plans.WORKER)
    rig.stand_in("ray", "exit 1\n")
    with listening() as port:
        waits = (memory, interface, replace(head, fact=TcpOpen("127.0.0.1", port)))
        container = replace(container, processes=(replace(raylet, waits_for=waits),))
        ended = start(rig, container, plan).end()
    assert ended.status == 1
    assert [call.argv for call in rig.calls("ray")] == [
        (
            "start",
            "--address",
            "10.0.0.1:6379",
            "--node-ip-address",
            "10.0.0.2",
            "--object-store-memory",
            "1073741824",
            "--num-gpus",
            "1",
            "--block",
        )
    ]


@pytest.mark.parametrize("locale", ["C", "C.UTF-8", "zh_CN.GBK"])
def test_hostile_texts_arrive_as_they_are_and_nothing_runs(rig: Rig, locale: str) -> None:
    plan = plans.hostile()
    container = head_of(plan, rig)
    before = sorted(rig.root.iterdir())
    launch = start(rig, replace(container, environment=(*container.environment, _locale(locale))), plan)
    assert launch.end().status == 3
    (engine,) = rig.calls("vllm")
    flags = [word for number, text in enumerate(plans.HOSTILE) for word in (f"--text-{number}", text)]
    operand = f"{plans.MODEL_PATH}/{plans.NASTY.replace('/', '⁄')}"
    assert list(engine.argv) == ["serve", operand, *flags, "--many", *plans.HOSTILE, "--bare"]
    for number, text in enumerate(plans.HOSTILE):
        assert engine.env[f"TEXT_{number}"] == text
        assert engine.env[f"SHARED_{number}"] == text
        assert engine.env[f"PATHS_{number}"] == text
    assert list((rig.root / "work").iterdir()) == []
    assert sorted(rig.root.iterdir()) == sorted(
        [*before, *(rig.root / name for name in ("start.sh", "log", "started"))]
    )


def _locale(name: str) -> Setting:
    return Setting("LC_ALL", name, plans.derived("test", "any locale"))


def test_a_prepended_variable_stands_before_the_images_own(rig: Rig) -> None:
    container = only_engine(rig)
    own = Setting("LD_LIBRARY_PATH", "/usr/local/cuda/lib64:/lib", plans.derived("image", "the image's own"))
    start(rig, replace(container, environment=(own,))).end()
    assert rig.calls("vllm")[0].env["LD_LIBRARY_PATH"] == "/opt/nccl/lib:/usr/local/cuda/lib64:/lib"


def test_a_file_named_by_bash_env_does_not_run_in_the_start_script(rig: Rig) -> None:
    trap = rig.root / "bash_env"
    trap.write_text(f"echo $0 >>{rig.root}/ran\n")
    container = replace(only_engine(rig), environment=(Setting("BASH_ENV", str(trap), plans.derived("test", "x")),))
    start(rig, container).end()
    # The stand-in is a bash of its own and does read it.
    assert (rig.root / "ran").read_text().split() == [str(rig.root / "bin" / "vllm")]


def test_every_line_of_ours_carries_one_start_id(rig: Rig) -> None:
    launch = start(rig, head_of(plans.two_sparks(), rig))
    launch.end()
    ids = {line.split()[1] for line in launch.log_file.read_text().splitlines() if line.startswith("[sparkc ")}
    assert len(ids) == 1
    assert f"| start {ids.pop()} of minimax-m27-head on spark-1 (deployment minimax-m27, build " in launch.log


# --- waiting ---------------------------------------------------------------------------------------------------------


def _short_waits(container: Container, seconds: int = 0) -> Container:
    def hurried(process: Process) -> Process:
        return replace(process, waits_for=tuple(replace(wait, timeout_s=seconds) for wait in process.waits_for))

    return replace(container, processes=tuple(hurried(process) for process in container.processes))


def test_a_ray_worker_that_never_joins_ends_with_the_reason_and_the_way_out(rig: Rig) -> None:
    rig.stand_in("ray", ONE_NODE)
    ended = start(rig, _short_waits(head_of(plans.two_sparks(), rig))).end()
    assert ended.status == 75
    assert "| waiting for 2 Ray nodes with 2 GPUs, at most 0 s\n" in ended.log
    assert (
        "| gave up after 0 s of waiting for 2 Ray nodes with 2 GPUs: 1 of 2 nodes, 1 of 2 GPUs\n"
        "| what to do: Look at the worker's log; it says what it waits for.\n"
    ) in ended.log
    assert rig.calls("vllm") == []


def test_a_long_wait_says_again_what_it_waits_for(rig: Rig) -> None:
    container = only_engine(rig, waiting_for(TcpOpen("127.0.0.1", free_port()), 3))
    # A machine that is busy says it later, and less often.
    ended = start(rig, container, say_every=0).end(15)
    assert re.search(r"^\| still waiting for the thing \([0-2] of 3 s\): Connection refused$", ended.log, re.MULTILINE)


def test_ray_that_does_not_answer_is_not_waited_for_longer_than_its_limit(rig: Rig) -> None:
    rig.stand_in("ray", "if [[ $1 == status ]]; then sleep 30; fi\n")
    ended = start(rig, _short_waits(head_of(plans.two_sparks(), rig))).end()
    assert ended.status == 75
    assert "no answer within 1 s" in ended.log


def test_nodes_of_older_ray_and_idle_nodes_count_and_pending_ones_do_not(rig: Rig) -> None:
    rig.stand_in(
        "ray",
        "if [[ $1 == status ]]; then printf '%s\\n' 'Node status' '---' 'Active:' ' 1 node_a' 'Idle:' ' 1 node_b'"
        " 'Pending:' ' 3 node_c' 'Resources' 'Usage:' ' 1.0/1.0 GPU (1.0 used of 1.0 reserved in placement groups)'"
        " ' 0.0/1.0 NPU' ' 0.0/2.0 accelerator_type:GPUX' 'Demands:' ' 9/9 GPU'; fi\n",
    )
    ended = start(rig, head_of(plans.two_sparks(), rig)).end()
    assert "| there is 2 Ray nodes with 2 GPUs: 2 of 2 nodes, 2 of 2 GPUs\n" in ended.log


def test_memory_that_does_not_come_is_explained(rig: Rig) -> None:
    rig.meminfo(MemTotal=125_000_000, MemAvailable=50 * 1024**2, MemFree=2 * 1024**2, SwapTotal=4096, SwapFree=4096)
    ended = start(rig, _short_waits(head_of(plans.two_sparks(), rig))).end()
    assert ended.status == 75
    assert "for 100 GiB of available memory: 50.0 GiB available, 100.0 GiB wanted\n" in ended.log
    for part in ("MemFree 2.0 GiB, MemAvailable 50.0 GiB, swap in use 0.0 GiB", "VLLM::EngineCore", "Reboot the node"):
        assert part in ended.log
    assert rig.calls() == []


def test_memory_that_is_freed_late_is_waited_for(rig: Rig) -> None:
    rig.meminfo(MemAvailable=1)
    launch = start(rig, _short_waits(head_of(plans.two_sparks(), rig), 5))
    launch.wait_for("waiting for 100 GiB")
    rig.meminfo(MemAvailable=plans.NEEDED_FREE // 1024)
    assert launch.end().status == 3


@pytest.mark.parametrize(
    ("interface", "found"),
    [
        pytest.param({"name": "other0", "address": plans.HEAD}, "there is no interface enp1s0f0np0", id="absent"),
        pytest.param({"state": "down", "address": plans.HEAD}, "enp1s0f0np0 is down", id="down"),
        pytest.param({"address": "10.0.0.11"}, "enp1s0f0np0 is up, but nothing carries 10.0.0.1", id="another address"),
    ],
)
def test_an_interface_that_is_not_ready_is_named_with_what_is_wrong(
    tmp_path: Path, interface: dict[str, str], found: str
) -> None:
    rig = Rig(tmp_path)
    rig.interface(**{"name": plans.INTERFACE} | interface)  # type: ignore[arg-type]
    (tmp_path / "token").write_text("x")
    ended = start(rig, only_engine(rig, waiting_for(InterfaceUp(plans.INTERFACE, plans.HEAD)))).end()
    assert ended.status == 75
    assert f"waiting for the thing: {found}\n| what to do: do the other thing\n" in ended.log


def test_an_ipv6_address_is_recognised_in_any_spelling(rig: Rig) -> None:
    (rig.root / "proc" / "net" / "if_inet6").write_text(
        f"fd000000000000000000000000000001 02 40 00 80 {plans.INTERFACE}\n"
    )
    container = only_engine(rig, waiting_for(InterfaceUp(plans.INTERFACE, "fd00:0:0::1")))
    assert f"{plans.INTERFACE} is up with fd00:0:0::1" in start(rig, container).end().log


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def listening(port: int = 0) -> Iterator[int]:
    with socket.create_server(("127.0.0.1", port)) as server:
        yield server.getsockname()[1]


def test_a_port_that_opens_late_is_waited_for(rig: Rig) -> None:
    port = free_port()
    launch = start(rig, only_engine(rig, waiting_for(TcpOpen("127.0.0.1", port), 5)))
    launch.wait_for("waiting for the thing")
    assert rig.calls("vllm") == []
    with listening(port):
        assert launch.end().status == 3
    assert f"| there is the thing: 127.0.0.1:{port} answers\n" in launch.log


def test_http_must_answer_200(rig: Rig) -> None:
    answers = [503, 503, 200]

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(answers.pop(0) if self.path == "/health?deep=1" else 404)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Answer) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        port = server.server_port
        ended = start(rig, only_engine(rig, waiting_for(HttpOk("127.0.0.1", port, "/health?deep=1"), 5))).end()
        server.shutdown()
    assert ended.status == 3
    assert answers == []
    assert f"http://127.0.0.1:{port}/health?deep=1 answers 200" in ended.log


def test_the_script_is_a_health_check_when_asked_to_look(rig: Rig) -> None:
    script = rig.root / "start.sh"
    plan = plans.two_sparks()
    script.write_text(start_script(plan, plan.head, head_of(plan, rig)))
    with listening() as port:
        look = ["/bin/bash", "-p", str(script), "look", "tcp_open", "127.0.0.1", str(port)]
        assert subprocess.run(look, capture_output=True).returncode == 0
    assert subprocess.run(look, capture_output=True).returncode != 0


# --- secrets and setup -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("content", [None, "", "\n"])
def test_without_its_secret_nothing_starts_and_the_file_on_the_node_is_named(rig: Rig, content: str | None) -> None:
    token = rig.root / "token"
    token.unlink()
    if content is not None:
        token.write_text(content)
    ended = start(rig, head_of(plans.two_sparks(), rig)).end()
    assert ended.status == 78
    assert f"write it to {plans.INSTALL_DIR}/secrets/hf_token on the node, with mode 0600" in ended.log
    assert rig.calls() == []


def test_a_secret_never_shows_in_the_log(rig: Rig) -> None:
    assert "hf_secret" not in start(rig, head_of(plans.two_sparks(), rig)).end().log


def _with_setup(rig: Rig, text: str) -> Start:
    plan = plans.two_sparks()
    file = File("fix it.sh", text, plans.spec("container.setup", "repairs the image"))
    container = replace(head_of(plan, rig), setup=(file,))
    folder = rig.root / "files"
    folder.mkdir()
    (folder / file.name).write_text(text)
    (folder / file.name).chmod(0o755)
    script = rig.root / "start.sh"
    script.write_text(quick(start_script(plan, plan.head, container), rig).replace("/sparkc/files/", f"{folder}/"))
    return Start(rig, script, {})


def test_setup_runs_before_the_first_process(rig: Rig) -> None:
    rig.stand_in("patch")
    assert _with_setup(rig, "#!/bin/bash\npatch --quiet\n").end().status == 3
    assert [call.program for call in rig.calls()] == ["patch", "ray", "ray", "vllm"]


def test_a_setup_file_that_fails_stops_everything(rig: Rig) -> None:
    ended = _with_setup(rig, "#!/bin/bash\nexit 9\n").end()
    assert ended.status == 78
    assert "fix it.sh ended with status 9" in ended.log
    assert rig.calls() == []


def test_only_a_container_that_is_started_anew_pauses_first(rig: Rig) -> None:
    container = only_engine(rig)
    container = replace(container, restart=replace(container.restart, pause_s=1))
    assert "started anew" not in start(rig, container).end().log
    began = time.monotonic()
    ended = start(rig, container).end()
    assert "| this container is started anew: pausing 1 s\n" in ended.log
    assert time.monotonic() - began > 1
    never = replace(container, restart=replace(container.restart, on_failure=False))
    assert "started anew" not in start(rig, never).end().log


# --- the end ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("engine", "status", "says"),
    [
        pytest.param("exit 3", 3, "engine ended with status 3", id="its own status"),
        pytest.param("exit 0", 70, "engine ended by itself with status 0, which is a failure", id="nobody asked"),
        pytest.param("kill -KILL $$", 137, "engine was killed (SIGKILL)", id="the kernel killed it"),
        pytest.param("kill -SEGV $$", 139, "engine ended with status 139", id="it crashed"),
    ],
)
def test_the_end_of_the_engine_is_the_end_of_the_script_with_the_reason(
    rig: Rig, engine: str, status: int, says: str
) -> None:
    rig.stand_in("vllm", f"{engine}\n")
    ended = start(rig, only_engine(rig)).end()
    assert ended.status == status
    assert says in ended.log
    assert ended.log.endswith(f"| end of this start, exit status {status}\n")


def test_an_engine_that_is_not_there_is_reported(rig: Rig) -> None:
    (rig.root / "bin" / "vllm").unlink()
    ended = start(rig, only_engine(rig)).end()
    assert ended.status == 127


def test_a_daemon_that_does_not_start_ends_it(rig: Rig) -> None:
    rig.stand_in("ray", "exit 5\n")
    ended = start(rig, head_of(plans.two_sparks(), rig)).end()
    assert ended.status == 5
    assert "| raylet did not start: status 5\n" in ended.log
    assert rig.calls("vllm") == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_is_forwarded_and_the_engines_status_comes_back(rig: Rig, number: signal.Signals) -> None:
    name = number.name.removeprefix("SIG")
    rig.stand_in("vllm", f"trap 'echo closing; exit 42' {name}; echo serving; while :; do sleep 0.02; done\n")
    launch = start(rig, only_engine(rig))
    launch.wait_for("\nserving\n")
    launch.signal(number)
    ended = launch.end()
    assert ended.status == 42
    assert f"| asked to stop (SIG{name})\n" in ended.log
    assert "\nclosing\n| engine ended with status 42, as it was asked to\n" in ended.log


def test_a_stop_while_it_waits_is_heard_at_once(rig: Rig) -> None:
    launch = start(rig, only_engine(rig, waiting_for(TcpOpen("127.0.0.1", free_port()), 60)), look_every="30")
    launch.wait_for("waiting for the thing")
    time.sleep(0.3)
    launch.signal(signal.SIGTERM)
    ended = launch.end(2)
    assert ended.status == 143
    assert "| ended before anything served\n" in ended.log


def test_a_stop_while_a_daemon_starts_is_heard_at_once(rig: Rig) -> None:
    rig.stand_in("ray", "echo starting; sleep 30\n")
    launch = start(rig, head_of(plans.two_sparks(), rig))
    launch.wait_for("\nstarting\n")
    launch.signal(signal.SIGTERM)
    assert launch.end(2).status == 143


def _watched(rig: Rig, port: int, misses: int = 2, grace: int = 30) -> Container:
    watch = Watch(TcpOpen("127.0.0.1", port), "the worker's Ray", 0, misses, plans.derived("restart", "a rank hangs"))
    return replace(only_engine(rig), watches=(watch,), stop_timeout_s=grace)


def test_a_lost_peer_ends_the_engine_so_that_the_group_starts_anew(rig: Rig) -> None:
    rig.stand_in("vllm", SERVE)
    with listening() as port:
        launch = start(rig, _watched(rig, port))
        launch.wait_for("watching the worker's Ray from now on")
        launch.wait_for("\nserving\n")
    ended = launch.end()
    assert ended.status == 70
    assert "| the worker's Ray does not answer, 2 of 2: Connection refused\n| the worker's Ray is gone\n" in ended.log
    assert "| engine was ended because a peer is gone\n" in ended.log


@contextmanager
def beacon(rig: Rig, port: int) -> Iterator[None]:
    """Run the beacon that the nodes of a group really have."""
    program = rig.root / "beacon.py"
    program.write_text(PROGRAM)
    subprocess.run([sys.executable, program, "127.0.0.1", str(port)], check=True)
    [pid] = subprocess.run(
        ["pgrep", "-f", f"{program} 127.0.0.1 {port}"], capture_output=True, text=True
    ).stdout.split()
    try:
        yield
    finally:
        os.kill(int(pid), signal.SIGKILL)


def test_a_peer_that_was_started_anew_before_anybody_missed_it_is_no_rank_of_this_group(rig: Rig) -> None:
    rig.stand_in("vllm", SERVE)
    port = free_port()
    with beacon(rig, port):
        launch = start(rig, _watched(rig, port, misses=1000))
        launch.wait_for("watching the worker's Ray from now on")
        launch.wait_for("\nserving\n")
        time.sleep(0.5)
        assert "is gone" not in launch.log
    with beacon(rig, port):
        ended = launch.end()
    assert ended.status == 70
    assert "| the worker's Ray was started anew, without this node\n| the worker's Ray is gone\n" in ended.log


def test_an_engine_that_ignores_the_end_is_killed_after_its_grace(rig: Rig) -> None:
    rig.stand_in("vllm", "trap '' TERM; echo serving; while :; do sleep 0.05; done\n")
    with listening() as port:
        launch = start(rig, _watched(rig, port, grace=1))
        launch.wait_for("watching the worker's Ray from now on")
        launch.wait_for("\nserving\n")
    ended = launch.end()
    assert ended.status == 70
    assert "| engine did not end within 1 s: SIGKILL\n" in ended.log


def test_a_peer_that_was_never_there_is_not_lost(rig: Rig) -> None:
    rig.stand_in("vllm", "sleep 0.5; exit 3\n")
    ended = start(rig, _watched(rig, free_port(), misses=1)).end()
    assert ended.status == 3
    assert "is gone" not in ended.log


def test_as_process_1_it_reaps_what_others_leave_behind(rig: Rig) -> None:
    unshare = need_tool("unshare")
    if os.geteuid() != 0:
        cannot("a process namespace of its own needs root")
    # The orphan ends at once; unreaped it would stand there as a zombie.
    rig.stand_in("vllm", "(sleep 0.05 &) ; sleep 0.4; grep -l '^State:.*zombie' /proc/[0-9]*/status; exit 3\n")
    plan = plans.two_sparks()
    script = rig.root / "start.sh"
    script.write_text(quick(start_script(plan, plan.head, only_engine(rig)), rig))
    ended = subprocess.run(
        [unshare, "--pid", "--fork", "--mount-proc", "/bin/bash", "-p", str(script)],
        env={"PATH": rig.path()},
        cwd=rig.root / "work",
        capture_output=True,
        text=True,
        timeout=10,
    )
    if "unshare" in ended.stderr:
        cannot(f"this machine allows no new process namespace: {ended.stderr.strip()}")
    assert ended.returncode == 3
    assert "/status" not in ended.stdout


def test_enough_memory_is_a_matter_of_bytes_not_of_rounding(rig: Rig) -> None:
    rig.meminfo(MemAvailable=100 * GIB // 1024 - 1)
    ended = start(rig, _short_waits(head_of(plans.two_sparks(), rig))).end()
    assert ended.status == 75
