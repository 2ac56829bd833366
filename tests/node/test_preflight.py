"""Each thing that can be wrong with a node, broken one at a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from host import Host
from rig import GIB

import plans
from sparkc.plan import Mount

CHECKS = {
    *("docker", "privilege", "interface", "address", "mtu", "speed", "hca", "port", "image", "weights", "mount"),
    *("secret", "device", "memory", "swap", "engine-processes", "remove-ipc", "disk", "gpu-driver", "kernel", "clock"),
    *("npu-driver", "npu-links", "networks", "desktop"),
}
ENGINE_PROCESS = ("python3", "/usr/local/bin/vllm", "serve", "m")
KIB = GIB // 1024


@pytest.fixture
def host(tmp_path: Path) -> Host:
    return Host(tmp_path)


def test_a_node_that_is_well_has_nothing_but_ok(host: Host) -> None:
    lines = host.lines("preflight")
    assert [line for line in lines if line.level not in ("ok", "info")] == []
    assert {line.check for line in lines} == CHECKS


def sysfs(host: Host, path: str, text: str) -> None:
    (host.rig.root / "sys" / "class" / path).write_text(text)


def no_daemon(host: Host) -> None:
    host.rig.stand_in(
        "docker", "echo 'Cannot connect to the Docker daemon at unix:///var/run/docker.sock' >&2; exit 1\n"
    )


def no_permission(host: Host) -> None:
    host.rig.stand_in("docker", "echo 'permission denied while trying to connect to the docker API' >&2; exit 1\n")
    host.rig.stand_in("sudo", "exit 1\n")


def no_passwordless_sudo(host: Host) -> None:
    host.rig.stand_in("sudo", "echo 'sudo: a password is required' >&2; exit 1\n")


def narrow_sudo(host: Host) -> None:
    host.rig.stand_in("sudo", "[[ $2 == -l && $4 == sysctl ]]\n")


def interface_gone(host: Host) -> None:
    folder = host.rig.root / "sys" / "class" / "net"
    (folder / plans.INTERFACE).rename(folder / "enP7s7")


def hca_gone(host: Host) -> None:
    folder = host.rig.root / "sys" / "class" / "infiniband"
    (folder / "roceP2p1s0f0").rename(folder / "mlx5_0")


def port_taken(host: Host) -> None:
    host.rig.stand_in(
        "ss",
        """[[ $* == *--tcp* ]] && echo 'LISTEN 0 128 0.0.0.0:8002 0.0.0.0:* users:(("nginx",pid=77,fd=6))'; true\n""",
    )
    host.put_process(77, "nginx")


def port_taken_in_a_container(host: Host) -> None:
    port_taken(host)
    (host.rig.root / "proc" / "77" / "cgroup").write_text(f"0::/system.slice/docker-{'b' * 64}.scope\n")
    host.put_container("open-webui", id="b" * 64)


def port_taken_by_someone_else(host: Host) -> None:
    host.rig.stand_in("ss", "[[ $* == *--tcp* ]] && echo 'LISTEN 0 128 [::]:6379 [::]:*'; true\n")


def port_taken_and_no_ss(host: Host) -> None:
    host.without("ss")
    # 1F42 is 8002; state 0A listens.
    (host.rig.root / "proc" / "net" / "tcp6").write_text("  sl  local\n   0: 00000000:1F42 00000000:0000 0A 0\n")


def other_image(host: Host) -> None:
    (host.state / "images").write_text("eugr-vllm:latest\n")


def weights_short(host: Host) -> None:
    (host.rig.root / "model" / "weights.safetensors").write_bytes(b"x" * 900)


def half_loaded(host: Host) -> None:
    model = host.rig.root / "model"
    (model / "weights.safetensors").rename(model / "weights.safetensors.incomplete")


def author_mount_gone(host: Host) -> None:
    container = host.node.containers[0]
    mount = Mount("/srv/no such folder", "/x", True, "author", plans.spec("container.mounts", "x"))
    host.change(containers=(replace(container, mounts=(*container.mounts, mount)),))


def routes(host: Host, *devices_by_network: tuple[str, str]) -> None:
    lines = "".join(
        f"echo '{network} dev {device} proto kernel scope link src 10.0.0.1'\n"
        for network, device in devices_by_network
    )
    address = f"echo '2: {plans.INTERFACE}    inet {plans.HEAD}/24 brd 10.0.0.255 scope global'"
    host.rig.stand_in("ip", f"if [[ $2 != route ]]; then {address}; exit; fi\n{lines}")
    for hca, interface in (("rocep1s0f0", plans.INTERFACE), ("roceP2p1s0f0", "enP2p1s0f0np0")):
        folder = host.rig.root / "sys" / "class" / "infiniband" / hca / "device" / "net" / interface
        folder.mkdir(parents=True, exist_ok=True)


def twins_in_one_network(host: Host) -> None:
    routes(host, ("10.0.0.0/24", plans.INTERFACE), ("192.168.1.0/24", "enP7s7"), ("10.0.0.0/24", "enP2p1s0f0np0"))


def desktop_runs(host: Host) -> None:
    host.rig.stand_in("systemctl", "[[ $* == 'is-active --quiet graphical.target' ]]\n")


def leak(host: Host) -> None:
    host.rig.meminfo(MemTotal=120 * KIB, MemFree=60 * KIB, MemAvailable=70 * KIB, Cached=15 * KIB)


def shared_memory_in_the_cache(host: Host) -> None:
    host.rig.meminfo(MemTotal=120 * KIB, MemFree=20 * KIB, MemAvailable=70 * KIB, Cached=95 * KIB, Shmem=30 * KIB)


def orphan_holds_memory(host: Host) -> None:
    leak(host)
    host.put_process(4711, "VLLM::EngineCore", rss_kib=50 * KIB)


@pytest.mark.parametrize(
    ("break_it", "level", "check", "text", "way_out"),
    [
        (lambda h: h.without("docker"), "fail", "docker", "docker is not installed", "install a container engine"),
        (no_daemon, "fail", "docker", "Cannot connect to the Docker daemon", "systemctl status docker"),
        (no_permission, "fail", "docker", "ops may not use docker", "usermod -aG docker ops"),
        (no_passwordless_sudo, "fail", "privilege", "sudo wants a password", "NOPASSWD"),
        (narrow_sudo, "warn", "privilege", "sudo lists the steps as allowed", "sudo -l"),
        (interface_gone, "fail", "interface", "no interface enp1s0f0np0; there are: enP7s7", "interconnect.interface"),
        (
            lambda h: sysfs(h, f"net/{plans.INTERFACE}/operstate", "down\n"),
            "fail",
            "interface",
            "is down",
            "ip link set",
        ),
        (lambda h: h.rig.stand_in("ip"), "fail", "address", "carries no address, 10.0.0.1 wanted", "netplan"),
        (lambda h: h.without("ip"), "warn", "address", "ip is not installed", "iproute2"),
        (
            lambda h: sysfs(h, f"net/{plans.INTERFACE}/mtu", "1500\n"),
            "fail",
            "mtu",
            "MTU 1500, 9000 declared",
            "mtu 9000",
        ),
        (
            lambda h: sysfs(h, f"net/{plans.INTERFACE}/speed", "100000\n"),
            *("fail", "speed", "runs at 100000 Mb/s, 200000 declared", "cable"),
        ),
        (lambda h: sysfs(h, f"net/{plans.INTERFACE}/speed", "-1\n"), "warn", "speed", "shows no link speed", "ethtool"),
        (hca_gone, "fail", "hca", "there is no RDMA device roceP2p1s0f0", "ibdev2netdev"),
        (
            lambda h: sysfs(h, "infiniband/rocep1s0f0/ports/1/state", "1: DOWN\n"),
            *("fail", "hca", "rocep1s0f0 is 1: DOWN", "cable"),
        ),
        (
            port_taken,
            "fail",
            "port",
            "tcp 8002 is taken by nginx (pid 77) at 0.0.0.0:8002 (OpenAI API)",
            "another port",
        ),
        (port_taken_in_a_container, "fail", "port", "nginx (pid 77, container open-webui)", "another port"),
        (port_taken_by_someone_else, "fail", "port", "6379 is taken by a process of another user", "another port"),
        (port_taken_and_no_ss, "fail", "port", "8002 is taken by a process that cannot be named: ss is not", "port"),
        (
            lambda h: (h.state / "images").write_text(""),
            "fail",
            "image",
            "eugr-vllm:latest is not on this node",
            "prepare",
        ),
        (other_image, "fail", "image", "eugr-vllm:latest is sha256:other, sha256:9f1c", "prepare copies the right one"),
        (weights_short, "fail", "weights", "910 bytes at", "prepare goes on"),
        (half_loaded, "fail", "weights", "10 bytes at", "prepare goes on"),
        (
            lambda h: (h.rig.root / "model").rename(h.rig.root / "m"),
            "fail",
            "weights",
            "is not at",
            "prepare copies it",
        ),
        (author_mount_gone, "fail", "mount", "/srv/no such folder does not exist", "container.mounts"),
        (lambda h: secret(h).unlink(), "fail", "secret", "hf_token is not at", "install -m 600"),
        (lambda h: secret(h).write_text(""), "fail", "secret", "is empty", "write the value of hf_token"),
        (lambda h: secret(h).chmod(0o640), "fail", "secret", "has mode 640: others can read hf_token", "chmod 600"),
        (lambda h: (h.root / "dev" / "infiniband").rmdir(), "fail", "device", "/dev/infiniband does not", "driver"),
        (leak, "fail", "memory", "70.0 GiB available of 120.0 GiB, up to 75.0 GiB without caches", "reboot spark-1"),
        (shared_memory_in_the_cache, "fail", "memory", "up to 85.0 GiB without caches", "reboot spark-1"),
        (orphan_holds_memory, "fail", "memory", "100.0 GiB needed", "end the engine processes"),
        (orphan_holds_memory, "warn", "engine-processes", "pid 4711 holds 50.0 GiB: VLLM::EngineCore", "kill 4711"),
        (
            lambda h: h.rig.meminfo(MemTotal=120 * KIB, MemFree=20 * KIB, MemAvailable=70 * KIB, Cached=95 * KIB),
            *("warn", "memory", "70.0 GiB available of 120.0 GiB, up to 115.0 GiB without caches", "drops the caches"),
        ),
        (
            lambda h: h.rig.meminfo(MemAvailable=119 * KIB, SwapTotal=4 * KIB, SwapFree=1 * KIB),
            *("warn", "swap", "3.0 GiB of swap is in use", "swapoff"),
        ),
        (lambda h: h.without("nvidia-smi"), "fail", "gpu-driver", "nvidia-smi is not installed", "driver"),
        (
            lambda h: h.rig.stand_in(
                "nvidia-smi", "echo 'Failed to initialize NVML: Driver/library mismatch'; exit 18\n"
            ),
            *("fail", "gpu-driver", "Driver/library mismatch", "reboot"),
        ),
        (
            lambda h: h.rig.stand_in("nvidia-smi", "echo 'NVIDIA GB10, 590.44.01'\n"),
            *("warn", "gpu-driver", "with 590 the capture of CUDA graphs", "580"),
        ),
        (twins_in_one_network, "warn", "networks", "enp1s0f0np0 and enP2p1s0f0np0 both stand in 10.0.0.0/24", "own"),
        (desktop_runs, "info", "desktop", "the graphical desktop runs", "multi-user.target"),
        (
            lambda h: h.rig.stand_in("dmesg", "echo '[9.1] NVRM: GPU0 nvAssert: Out of memory [NV_ERR_NO_MEMORY]'\n"),
            *("warn", "kernel", "1 lines about memory or the GPU since boot, the last: [9.1] NVRM", "object store"),
        ),
        (
            lambda h: h.rig.stand_in("dmesg", "echo 'Out of memory: Killed process 9 (python3)'\n"),
            *("warn", "kernel", "Killed process 9", "reboot"),
        ),
    ],
)
def test_what_is_wrong_is_reported_with_a_way_out_and_hides_nothing_else(
    host: Host, break_it: Callable[[Host], object], level: str, check: str, text: str, way_out: str
) -> None:
    break_it(host)
    lines = host.lines("preflight")
    found = [line for line in lines if line.check == check and line.level == level]
    assert any(text in line.text and way_out in line.way_out for line in found), [*found, *lines]
    assert CHECKS - {line.check for line in lines} <= {"address", "mtu", "speed"}


def test_ports_with_networks_of_their_own_are_fine_and_so_are_two_that_carry_no_fabric(host: Host) -> None:
    routes(
        host,
        ("10.0.0.0/24", plans.INTERFACE),
        ("10.0.1.0/24", "enP2p1s0f0np0"),
        ("172.17.0.0/16", "docker0"),
        ("172.17.0.0/16", "br-1"),
    )
    assert [line.level for line in host.check("networks")] == ["ok"]


def secret(host: Host) -> Path:
    return host.rig.root / "install" / "secrets" / "hf_token"


def test_several_troubles_come_in_one_run(host: Host) -> None:
    no_daemon(host)
    leak(host)
    weights_short(host)
    failed = {line.check for line in host.lines("preflight") if line.level == "fail"}
    assert {"docker", "image", "memory", "weights"} <= failed


def test_a_check_that_breaks_says_so_and_the_others_still_run(host: Host) -> None:
    (host.rig.root / "proc" / "meminfo").unlink()
    (host.rig.root / "bin" / "date").unlink()
    lines = host.lines("preflight")
    (clock,) = (line for line in lines if line.check == "clock-time")
    assert clock.text.startswith("this check could not finish: ")
    assert "date: command not found" in clock.text
    assert [line.level for line in lines if line.check == "interface"] == ["ok"]


def test_our_own_running_container_is_no_conflict(host: Host) -> None:
    port_taken(host)
    leak(host)
    (host.rig.root / "proc" / "77" / "cgroup").write_text(f"0::/system.slice/docker-{'a' * 64}.scope\n")
    host.put_container()
    host.put_process(78, *ENGINE_PROCESS, cgroup=f"0::/system.slice/docker-{'a' * 64}.scope")
    assert "tcp 8002 is held by our own container minimax-m27-head (OpenAI API)" in [
        line.text for line in host.check("port")
    ]
    (memory,) = host.check("memory")
    assert memory.level == "ok"
    assert "our own containers hold theirs" in memory.text
    assert [line.level for line in host.check("engine-processes")] == ["ok"]


def test_docker_behind_sudo_is_found_once_and_used(host: Host) -> None:
    behaviour = (host.rig.root / "behaviours" / "docker").read_text()
    host.rig.stand_in("docker", f"[[ -n ${{AS_ROOT:-}} ]] || {{ echo 'permission denied' >&2; exit 1; }}\n{behaviour}")
    host.rig.stand_in("sudo", 'while [[ $1 == -* ]]; do shift; done\nAS_ROOT=yes "$@"\n')
    assert host.check("docker")[0].text == "usable as: sudo -n docker"
    assert host.check("image")[0].level == "ok"


@pytest.mark.parametrize(
    ("argv", "is_engine"),
    [
        (ENGINE_PROCESS, True),
        (("python3", "-m", "vllm.entrypoints.openai.api_server"), True),
        (("VLLM::Worker_TP0",), True),
        (("sglang::scheduler_TP0",), True),
        (("python3", "-m", "sglang.launch_server"), True),
        (("ray::RayWorkerWrapper.execute_method",), True),
        (("/usr/lib/ray/core/src/ray/raylet/raylet", "--raylet_socket_name=x"), True),
        (("/usr/lib/ray/core/src/ray/gcs/gcs_server", "--log_dir=x"), True),
        (("bash", "/home/ops/sparkc/vllm-test/node.sh", "preflight"), False),
        (("docker", "logs", "-f", "vllm-head"), False),
        (("vim", "notes-about-raylet.md"), False),
        (("grep", "EngineCore"), False),
        ((), False),
    ],
)
def test_engine_processes_are_known_by_their_titles(host: Host, argv: tuple[str, ...], is_engine: bool) -> None:
    host.put_process(4711, *argv)
    levels = {line.level for line in host.check("engine-processes")}
    assert levels == ({"warn"} if is_engine else {"ok"})


@pytest.mark.parametrize(
    ("user", "config", "lingers", "level"),
    [
        pytest.param("ops", "", "no", "warn", id="yes is the default"),
        pytest.param("ops", "[Login]\n#RemoveIPC=no\n", "no", "warn", id="a comment says nothing"),
        pytest.param("ops", "[Login]\nRemoveIPC=no\n", "no", "ok", id="switched off"),
        pytest.param("ops", "", "yes", "ok", id="the user lingers"),
        pytest.param("root", "", "no", "ok", id="root keeps its objects"),
    ],
)
def test_ipc_objects_that_logging_out_removes(host: Host, user: str, config: str, lingers: str, level: str) -> None:
    host.log_in_as(user)
    host.rig.stand_in("loginctl", f"echo {lingers}\n")
    folder = host.root / "etc" / "systemd" / "logind.conf.d"
    folder.mkdir(parents=True)
    (folder / "10-ipc.conf").write_text(config)
    (line,) = host.check("remove-ipc")
    assert line.level == level


def test_where_no_step_needs_root_no_privilege_is_asked_for(host: Host) -> None:
    no_passwordless_sudo(host)
    host.change(steps=())
    assert host.check("privilege")[0].level == "ok"


def test_weights_in_a_hub_cache_are_measured_behind_their_links(host: Host) -> None:
    cache = host.rig.root / "hf" / "hub" / "models--olka-fi--MiniMax-M2.7-MXFP4"
    (cache / "blobs").mkdir(parents=True)
    (cache / "snapshots" / "4c1e").mkdir(parents=True)
    (cache / "blobs" / "abc").write_bytes(b"x" * 1000)
    (cache / "snapshots" / "4c1e" / "model.safetensors").symlink_to("../../blobs/abc")
    weights = replace(host.node.weights[0], path=str(host.rig.root / "hf"), in_hub_cache=True, revision="4c1e")
    host.change(weights=(weights,))
    (line,) = host.check("weights")
    assert (line.level, line.text.split()[0]) == ("ok", "1000")
    (cache / "refs").mkdir()
    (cache / "refs" / "main").write_text("4c1e")
    host.change(weights=(replace(weights, revision=None),))
    assert host.check("weights")[0].level == "ok"


def test_absent_weights_that_would_not_fit_are_announced(host: Host) -> None:
    weights = replace(host.node.weights[0], path=str(host.rig.root / "gone"), bytes=10**18)
    host.change(weights=(weights,))
    assert any(line.level == "fail" and "of weights to come" in line.text for line in host.check("disk"))


def test_the_clock_is_given_in_milliseconds(host: Host) -> None:
    (line,) = host.check("clock")
    seconds, _, milliseconds = line.text.partition(".")
    assert int(seconds) > 1_700_000_000
    assert len(milliseconds) == 3


def test_reservations_of_others_are_named_beside_the_memory(host: Host) -> None:
    host.change(reservations=plans.two_sparks().nodes[1].reservations)
    assert "8.0 GiB is reserved for comfyui" in host.check("memory")[0].text


def test_hostile_facts_stay_data(tmp_path: Path) -> None:
    host = Host(tmp_path, plans.hostile())
    before = sorted(path for path in tmp_path.iterdir())
    for verb in (("preflight",), ("images",), ("weights",), ("status",)):
        host.call(*verb)
    assert all(len(line.split("\t")) == 4 for line in host.call("preflight").stdout.split("\n")[:-1])
    assert list((tmp_path / "work").iterdir()) == []
    assert sorted(path for path in tmp_path.iterdir()) == before
