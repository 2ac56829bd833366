"""The deeds of node.sh: install, steps, start, stop, and what it tells while things run."""

from __future__ import annotations

import hashlib
import os
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from host import Host
from rig import GIB

import plans
from sparkc.plan import Step
from sparkc_targets.node.build import build_of
from tools import cannot

KIB = GIB // 1024


@pytest.fixture
def host(tmp_path: Path) -> Host:
    return Host(tmp_path)


def step(name: str, trigger: str, *argv: str, as_root: bool = False) -> Step:
    return Step(name, trigger, as_root, argv, f"Doing {name}", plans.derived("steps", "a test"))  # type: ignore[arg-type]


# --- install, steps, memory ------------------------------------------------------------------------------------------


def test_install_makes_the_folders_and_keeps_secrets_private(host: Host) -> None:
    lines = host.lines("install")
    assert {line.level for line in lines} == {"ok"}
    for folder in (*host.node.cache_dirs, f"{host.install_dir}/logs"):
        assert Path(folder).is_dir()
    assert (host.install_dir / "secrets").stat().st_mode & 0o777 == 0o700
    assert host.lines("install") == lines


def test_install_says_which_folder_cannot_be_made(host: Host) -> None:
    (host.rig.root / "cache").write_text("in the way")
    lines = host.lines("install", status=1)
    assert [line.level for line in lines].count("fail") == 2
    assert "sudo mkdir -p" in next(line for line in lines if line.level == "fail").way_out


def test_the_page_cache_is_dropped_as_root_and_the_gain_is_said(host: Host) -> None:
    host.rig.stand_in(
        "sysctl", f"sed -i 's/^MemAvailable.*/MemAvailable: {110 * KIB} kB/' {host.rig.root}/proc/meminfo\n"
    )
    host.rig.meminfo(MemAvailable=20 * KIB)
    lines = host.lines("drop-caches")
    assert [call.argv for call in host.rig.calls("sysctl")] == [("--write", "vm.drop_caches=3")]
    assert [call.argv for call in host.rig.calls("sudo")] == [("-n", "--", "sysctl", "--write", "vm.drop_caches=3")]
    assert [(line.level, line.text) for line in lines] == [
        ("ok", "Dropping the page cache (as root)"),
        ("info", "MemAvailable 20.0 GiB before, 110.0 GiB after"),
    ]


def test_root_needs_no_sudo(host: Host) -> None:
    host.log_in_as("root")
    host.lines("drop-caches")
    assert len(host.rig.calls("sysctl")) == 1
    assert host.rig.calls("sudo") == []


def test_steps_run_with_exactly_their_words_and_only_at_their_trigger(host: Host) -> None:
    host.rig.stand_in("tune")
    host.change(
        steps=(
            step("other", "stop", "tune", "not now"),
            step("tuning", "up", "tune", *plans.HOSTILE),
            step("second", "up", "tune", as_root=True),
        )
    )
    lines = host.lines("steps", "up")
    assert [call.argv for call in host.rig.calls("tune")] == [plans.HOSTILE, ()]
    assert [line.text for line in lines] == ["Doing tuning (as ops)", "Doing second (as root)"]


def test_a_step_that_fails_is_a_failed_deed_and_the_next_one_still_runs(host: Host) -> None:
    host.rig.stand_in("tune", "echo 'cannot tune' >&2; exit 4\n")
    host.change(steps=(step("first", "up", "tune"), step("second", "up", "tune")))
    lines = host.lines("steps", "up", status=1)
    assert [(line.level, line.check) for line in lines] == [("fail", "first"), ("fail", "second")]
    assert "cannot tune" in lines[0].text
    assert "by hand on spark-1" in lines[0].way_out


def test_memory_is_told_in_bytes(host: Host) -> None:
    host.rig.meminfo(MemTotal=120 * KIB, MemAvailable=100 * KIB, MemFree=1, SwapTotal=2, SwapFree=1)
    assert host.call("memory").stdout.splitlines() == [
        f"MemTotal={120 * GIB}",
        f"MemAvailable={100 * GIB}",
        "MemFree=1024",
        "SwapTotal=2048",
        "SwapFree=1024",
    ]


def test_waiting_for_memory_ends_when_it_is_there_and_gives_up_when_not(host: Host) -> None:
    host.rig.meminfo(MemAvailable=100 * KIB)
    (line,) = host.lines("wait-memory", str(100 * GIB), "0")
    assert line.level == "ok"
    (line,) = host.lines("wait-memory", str(100 * GIB + 1), "0", status=75)
    assert line.level == "fail"
    assert "reboot spark-1" in line.way_out


# --- images and weights ----------------------------------------------------------------------------------------------


def test_images_are_listed_with_their_ids_and_absent_ones_without(host: Host) -> None:
    name = host.node.containers[0].image.name
    assert host.call("images").stdout == f"image\t{name}\t{name}\n"
    (host.state / "images").write_text("")
    assert host.call("images").stdout == f"image\t{name}\t\n"


def test_the_digest_of_weights_tells_other_names_and_sizes_apart(host: Host) -> None:
    model = host.rig.root / "model"

    def listing() -> list[str]:
        return host.call("weights").stdout.rstrip("\n").split("\t")

    word, path, size, files, digest = listing()
    assert (word, path, size, files) == ("weights", str(model), "1000", "2")
    # In the order of names, which is the same on every file system.
    assert digest == hashlib.sha256(b"10\tconfig.json\n990\tweights.safetensors").hexdigest()[:16]
    (model / ".cache").mkdir()
    (model / ".cache" / "note").write_text("of the client")
    assert listing()[-1] == digest
    (model / "config.json").rename(model / "configuration.json")
    assert listing()[-1] != digest


# --- start and stop --------------------------------------------------------------------------------------------------


def test_start_saves_the_last_log_and_replaces_the_container(host: Host) -> None:
    host.put_container(Status="exited", ExitCode="1", log="CUDA error\n")
    lines = host.lines("start")
    assert [line.level for line in lines] == ["info", "ok"]
    assert (host.install_dir / "logs" / "minimax-m27-head-1.log").read_text() == "CUDA error\n"
    deeds = [call.argv[0] for call in host.rig.calls("docker") if call.argv[0] in ("rm", "run", "logs")]
    assert deeds == ["logs", "rm", "run"]
    assert host.call("last-log").stdout == f"==> {host.install_dir}/logs/minimax-m27-head-1.log <==\nCUDA error\n"


def test_a_container_that_runs_is_not_replaced(host: Host) -> None:
    host.put_container()
    lines = host.lines("start", status=1)
    assert [(line.level, line.text) for line in lines] == [("fail", "it runs already")]
    assert "run" not in [call.argv[0] for call in host.rig.calls("docker")]


def test_what_docker_run_says_is_passed_on(host: Host) -> None:
    (host.state / "refuses").write_text("docker: Error response: could not select device driver\n")
    (line,) = host.lines("start", status=1)
    assert "could not select device driver" in line.text


def test_ten_logs_are_kept_the_oldest_goes(host: Host) -> None:
    logs = host.install_dir / "logs"
    logs.mkdir()
    for number in range(3, 13):
        (logs / f"minimax-m27-head-{number}.log").write_text(f"start {number}\n")
    (logs / "minimax-m27-head-2-1.log").write_text("of another container\n")
    host.put_container(Status="exited", log="the newest\n")
    host.lines("start")
    kept = sorted(
        int(path.stem.rpartition("-")[2]) for path in logs.glob("minimax-m27-head-[0-9]*.log") if "2-1" not in path.name
    )
    assert kept == list(range(4, 14))
    assert (logs / "minimax-m27-head-13.log").read_text() == "the newest\n"
    assert (logs / "minimax-m27-head-2-1.log").exists()


def test_a_log_that_the_disk_has_no_room_for_is_lost_with_the_reason(host: Host) -> None:
    logs = host.install_dir / "logs"
    logs.mkdir()
    if os.geteuid() != 0:
        cannot("a full disk of a test's own needs root")
    host.put_container(log="a line of the log\n" * 1000)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4k", "tmpfs", logs], check=True)
    try:
        (line,) = [line for line in host.lines("stop") if line.level == "warn"]
        assert line.text == "its log cannot be saved: cat: write error: No space left on device"
        assert "df -h" in line.way_out
        assert (logs / f"{host.container}-1.log").read_text().startswith("a line of the log\n")
        host.put_container(log="another\n")
        host.lines("stop")
        assert not (logs / f"{host.container}-2.log").exists(), "an empty log would be the newest one"
    finally:
        subprocess.run(["umount", logs], check=True)


def test_stop_ends_saves_removes_and_looks_for_what_is_left(host: Host) -> None:
    host.put_container(log="serving\n")
    host.rig.stand_in("tidy")
    host.change(steps=(step("tidying", "stop", "tidy"),))
    lines = host.lines("stop")
    assert [call.argv[0] for call in host.rig.calls("docker") if call.argv[0] in ("stop", "logs", "rm")] == [
        *("stop", "logs", "rm"),
    ]
    assert (host.install_dir / "logs" / "minimax-m27-head-1.log").read_text() == "serving\n"
    assert len(host.rig.calls("tidy")) == 1
    assert [line.text for line in lines if line.check == "leftovers"] == [
        "no engine process is left outside of containers"
    ]
    assert list((host.state / "containers").iterdir()) == []


def test_containers_start_in_order_and_stop_in_reverse(host: Host) -> None:
    first = host.node.containers[0]
    host.change(containers=(first, replace(first, name="proxy", start_script="start-proxy.sh")))
    host.lines("start")
    host.lines("stop")
    deeds = [call for call in host.rig.calls("docker") if call.argv[0] in ("run", "stop")]
    names = [call.argv[call.argv.index("--name") + 1] if "--name" in call.argv else call.argv[-1] for call in deeds]
    assert names == ["minimax-m27-head", "proxy", "proxy", "minimax-m27-head"]


def test_stop_after_nothing_or_half_a_start_is_well(host: Host) -> None:
    assert "there is no such container" in [line.text for line in host.lines("stop")]
    host.put_container(Status="created")
    host.lines("stop")
    assert list((host.state / "containers").iterdir()) == []


def test_stop_can_keep_the_container(host: Host) -> None:
    host.put_container(log="serving\n")
    host.lines("stop", "--keep")
    assert [path.name for path in (host.state / "containers").iterdir()] == ["minimax-m27-head"]
    assert (host.state / "containers" / "minimax-m27-head" / "Status").read_text() == "exited\n"


def test_stop_ends_containers_of_an_older_build_too(host: Host) -> None:
    host.put_container("minimax-m27-old-name")
    host.lines("stop")
    assert list((host.state / "containers").iterdir()) == []
    (listing,) = (call.argv for call in host.rig.calls("docker") if call.argv[:2] == ("ps", "--all"))
    # Another variant of the same spec is not an older build.
    assert {"label=sparkc.deployment=minimax-m27", "label=sparkc.variant="} <= set(listing)


def test_a_container_that_will_not_go_is_a_failure(host: Host) -> None:
    host.put_container()
    behaviour = (host.rig.root / "behaviours" / "docker").read_text()
    host.rig.stand_in("docker", f"[[ $1 != stop ]] || {{ echo 'tried to kill container' >&2; exit 1; }}\n{behaviour}")
    lines = host.lines("stop", status=1)
    assert {line.check for line in lines if line.level == "fail"} == {"minimax-m27-head", "leftovers"}


def test_a_process_left_outside_of_containers_is_named_after_a_stop(host: Host) -> None:
    host.put_process(4711, "VLLM::EngineCore", rss_kib=KIB)
    assert [line.text for line in host.lines("stop") if line.check == "engine-processes"] == [
        "pid 4711 holds 1.0 GiB: VLLM::EngineCore"
    ]


@pytest.mark.parametrize("verb", ["start", "stop", "uninstall", "state", "images"])
def test_without_docker_the_deed_fails_with_the_reason(host: Host, verb: str) -> None:
    host.without("docker")
    (line,) = host.lines(verb, status=1)
    assert (line.level, line.check) == ("fail", "docker")


# --- what it tells ---------------------------------------------------------------------------------------------------


def test_state_tells_everything_the_watcher_needs_on_one_line(host: Host) -> None:
    host.put_container(
        Status="restarting",
        ExitCode="70",
        RestartCount="2",
        StartedAt="2026-05-01T10:00:00.123456789Z",
        log="older\n\x1b[31mERROR\x1b[0m it\tfailed\n\n",
    )
    (line,) = host.call("state").stdout.splitlines()
    word, name, state, status, restarts, seconds, last = line.split("\t")
    assert (word, name, state, status, restarts) == ("container", "minimax-m27-head", "restarting", "70", "2")
    assert last == "ERROR it failed"
    assert int(seconds) > 0


def test_state_of_a_container_that_was_never_started(host: Host) -> None:
    assert host.call("state").stdout == "container\tminimax-m27-head\tabsent\t\t\t\t\n"
    host.put_container(Status="created", StartedAt="0001-01-01T00:00:00Z")
    assert host.call("state").stdout == "container\tminimax-m27-head\tcreated\t0\t0\t\t\n"


def status_of(host: Host, check: str) -> list[tuple[str, str]]:
    return [(line.level, line.text) for line in host.lines("status") if line.check == check]


def test_status_sees_an_older_build(host: Host) -> None:
    folder = host.put_container(build=build_of(host.node.containers[0]))
    assert [level for level, _ in status_of(host, "minimax-m27-head")] == ["ok"]
    (folder / "build").write_text("0123456789abcdef")
    assert ("warn", "it runs an older build than the one installed here") in status_of(host, "minimax-m27-head")


def test_status_of_a_container_that_ended_shows_its_last_line(host: Host) -> None:
    host.put_container(Status="exited", ExitCode="75", log="gave up after 1800 s\n")
    ((level, text), *_) = status_of(host, "minimax-m27-head")
    assert level == "fail"
    assert text == "exited with exit status 75, 0 restarts: gave up after 1800 s"


def test_status_knows_that_a_full_head_is_normal(host: Host) -> None:
    host.rig.meminfo(MemTotal=100, MemAvailable=4)
    ((level, text),) = status_of(host, "memory")
    assert level == "info"
    assert text.startswith("96 % used")
    assert "normal" in text


@pytest.mark.parametrize(
    ("samples", "level", "says"),
    [
        pytest.param(("96 0", "97 1", "96 0"), "warn", "looks like a spin-lock", id="busy and idle at once"),
        pytest.param(("96 0", "97 1", "96 34"), "ok", "SM 96 %, memory 34 %", id="it works"),
        pytest.param(("60 0", "60 0", "60 0"), "ok", "SM 60 %", id="light work"),
        pytest.param(("0 0", "0 0", "0 0"), "ok", "SM 0 %", id="nothing to do"),
        pytest.param(("- -",), "info", "shows no utilisation", id="not supported"),
    ],
)
def test_status_recognises_ranks_that_wait_for_each_other(
    host: Host, samples: tuple[str, ...], level: str, says: str
) -> None:
    rows = "\\n".join(f"    0     {sample.replace(' ', '     ')}      0      0" for sample in samples)
    host.rig.stand_in("nvidia-smi", f"printf '# gpu     sm    mem    enc    dec\\n{rows}\\n'\n")
    ((found, text),) = status_of(host, "gpu")
    assert found == level
    assert says in text
    assert host.rig.calls("nvidia-smi")[0].argv == ("dmon", "-s", "u", "-c", "3")


def test_logs_are_those_of_the_container(host: Host) -> None:
    host.put_container(log="one\ntwo\n")
    assert host.call("logs", "--tail", "5").stdout == "one\ntwo\n"
    assert host.rig.calls("docker")[-1].argv == ("logs", "--tail", "5", "--", "minimax-m27-head")
    host.call("logs", "-f")
    assert host.rig.calls("docker")[-1].argv == ("logs", "--follow", "--", "minimax-m27-head")


def test_logs_of_several_containers_carry_their_names(host: Host) -> None:
    first = host.node.containers[0]
    second = replace(first, name="proxy", start_script="start-proxy.sh")
    host.change(containers=(first, second))
    host.put_container(log="one\n")
    host.put_container("proxy", log="two")
    assert host.call("logs").stdout == "minimax-m27-head | one\nproxy | two\n"


def test_exec_passes_every_word_on(host: Host) -> None:
    host.rig.stand_in("ray", "exit 6\n")
    ended = host.call("exec", "minimax-m27-head", "ray", *plans.HOSTILE)
    assert ended.returncode == 6
    assert host.rig.calls("ray")[0].argv == plans.HOSTILE


def test_an_unknown_verb_is_a_wrong_call(host: Host) -> None:
    ended = host.call("strat")
    assert ended.returncode == 64
    assert "there is no verb strat" in ended.stderr
