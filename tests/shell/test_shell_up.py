"""`up`: the order of the steps, what it waits for, and how it ends when something breaks."""

from __future__ import annotations

import signal
from dataclasses import replace
from pathlib import Path

import pytest
from fleet import Fleet, press_ctrl_c, wait_until

import plans
from committed import committed

STEPS = ["install", "images", "weights", "stop", "steps", "drop-caches", "wait-memory", "start"]


def state(name: str, state: str, status: str = "", restarts: int = 0, last: str = "Loading") -> str:
    return f"printf 'container\\t%s\\t%s\\t%s\\t{restarts}\\t12\\t%s\\n' '{name}' '{state}' '{status}' '{last}'\n"


def test_a_start_runs_the_steps_in_order_on_every_node_and_ends_serving(fleet: Fleet) -> None:
    fleet.serves(after=2)
    ended = fleet.run("up")
    assert ended.status == 0, ended.text
    assert "serving minimax-m2.7 at http://10.0.0.1:8002 (took " in ended.out
    for node in ("spark-1", "spark-2"):
        assert [words[0] for words in fleet.verbs(node)] == STEPS


def test_a_launch_without_ray_starts_the_same_way(tmp_path: Path) -> None:
    plan = committed("llama33-70b", "mp")
    # The stand-in for a node holds 115 GB of any model.
    nodes = tuple(replace(node, weights=(replace(node.weights[0], bytes=115_000_000_000),)) for node in plan.nodes)
    fleet = Fleet(tmp_path, replace(plan, nodes=nodes))
    fleet.serves(after=2)
    ended = fleet.run("up")
    assert ended.status == 0, ended.text
    assert "serving meta-llama/Llama-3.3-70B-Instruct at http://" in ended.out
    for node in ("spark-1", "spark-2"):
        assert [words[0] for words in fleet.verbs(node)] == STEPS
        assert (fleet.install_dir(node) / "files" / "beacon.py").is_file()


def apart(root: Path) -> Fleet:
    """Return prefill and decode on two nodes, behind a proxy that has no list of models."""
    plan = committed("minimax-m27-w8a8-a3-pd", "corrected")
    # The stand-in for a node holds 115 GB of any model.
    nodes = tuple(replace(node, weights=(replace(node.weights[0], bytes=115_000_000_000),)) for node in plan.nodes)
    return Fleet(root, replace(plan, nodes=nodes))


def test_prefill_and_decode_are_up_once_their_proxy_answers(tmp_path: Path) -> None:
    fleet = apart(tmp_path)
    fleet.answer("/healthcheck", '{"status": "ok"}', after=2)
    ended = fleet.run("up")
    assert ended.status == 0, ended.text
    assert "serving minimax at http://10.0.0.1:8009 (took " in ended.out
    for node in ("atlas-1", "atlas-2"):
        assert "start" in [words[0] for words in fleet.verbs(node)]
    asked = {word for call in fleet.calls("curl") for word in call.words if word.startswith("http")}
    assert asked == {"http://10.0.0.1:8009/healthcheck"}


def test_no_node_goes_on_before_every_node_has_done_the_step(fleet: Fleet) -> None:
    fleet.serves()
    fleet.run("up")
    assert [words[0] for words in fleet.verbs()] == [step for step in STEPS for _ in range(2)]


def test_memory_is_awaited_with_the_bytes_of_the_plan(fleet: Fleet) -> None:
    fleet.serves()
    fleet.run("up", SPARKC_MEMORY_SECONDS="7")
    assert ("wait-memory", str(plans.NEEDED_FREE), "7") in fleet.verbs("spark-2")


def test_the_install_folder_arrives_as_it_was_built(fleet: Fleet) -> None:
    fleet.serves()
    fleet.run("up")
    for node in ("spark-1", "spark-2"):
        built = fleet.root / "shell" / "nodes" / node
        for file in built.rglob("*"):
            copy = fleet.install_dir(node) / file.relative_to(built)
            assert file.is_dir() or copy.read_bytes() == file.read_bytes()
            assert copy.stat().st_mode & 0o111 == file.stat().st_mode & 0o111


def test_an_install_folder_of_this_build_is_not_copied_again(fleet: Fleet) -> None:
    fleet.serves()
    fleet.run("up")
    before = fleet.install_dir("spark-1").joinpath("facts.sh").stat().st_ino
    fleet.run("up", "--restart")
    assert fleet.install_dir("spark-1").joinpath("facts.sh").stat().st_ino == before


def test_a_file_that_somebody_changed_on_the_node_is_brought_back(fleet: Fleet) -> None:
    fleet.serves()
    fleet.run("up")
    changed = fleet.install_dir("spark-2") / "facts.sh"
    built = changed.read_text()
    changed.write_text("edited by hand")
    fleet.run("up", "--restart")
    assert changed.read_text() == built


def test_a_file_of_an_earlier_build_is_removed_and_foreign_files_stay(fleet: Fleet) -> None:
    fleet.serves()
    fleet.run("up")
    folder = fleet.install_dir("spark-1")
    (folder / "start-old.sh").write_text("old")
    (folder / "notes.txt").write_text("mine")
    sums = folder / "SHA256SUMS"
    sums.write_text(f"{'0' * 64}  start-old.sh\n{'0' * 64}  ../../escape\n" + sums.read_text())
    (folder / "../../escape").write_text("keep")
    fleet.run("up", "--restart")
    assert not (folder / "start-old.sh").exists()
    assert (folder / "notes.txt").exists()
    assert (folder / "../../escape").exists()


def test_a_node_that_does_not_answer_stops_everything_before_anything_is_started(fleet: Fleet) -> None:
    fleet.unplug("spark-2")
    ended = fleet.run("up")
    assert ended.status == 1
    assert "spark-2 (ops@spark-2.lan) does not answer ssh" in ended.err
    assert "Connection timed out" in ended.err
    assert fleet.verbs() == []


def test_an_image_that_is_missing_is_named_before_anything_is_stopped(fleet: Fleet) -> None:
    fleet.play("spark-2", "images", "printf 'image\\teugr-vllm:latest\\t\\n'")
    ended = fleet.run("up")
    assert ended.status == 1
    assert "spark-2: Looking for the images failed" in ended.err
    assert "image eugr-vllm:latest is not there" in ended.err
    assert "./launch.sh prepare" in ended.err
    assert ("stop",) not in fleet.verbs()


def test_memory_that_stays_away_is_called_a_leak(fleet: Fleet) -> None:
    fleet.play("spark-1", "wait-memory", "printf 'fail\\tmemory\\t66 GiB of 100 GiB\\tend it\\n'; exit 75")
    ended = fleet.run("up")
    assert ended.status == 1
    assert "66 GiB of 100 GiB" in ended.err
    assert "reboot" in ended.err
    assert ("start",) not in fleet.verbs()


def test_a_poorer_node_is_named_with_both_numbers(fleet: Fleet) -> None:
    fleet.serves()
    fleet.play("spark-2", "memory", "printf '%s=%s\\n' MemAvailable 107374182400 SwapTotal 0 SwapFree 0")
    ended = fleet.run("up")
    assert "spark-2: memory: 100.0 GiB available, spark-1 has 111.8 GiB" in ended.out
    assert ended.status == 0


def test_a_container_that_cannot_be_started_stops_the_others(fleet: Fleet) -> None:
    fleet.play("spark-2", "start", "echo 'port 6380 is taken by nginx'; exit 1")
    ended = fleet.run("up")
    assert ended.status == 1
    assert "port 6380 is taken by nginx" in ended.err
    assert [call.at for call in fleet.calls("node.sh") if call.words == ("stop",)][-1] == "spark-1"
    assert fleet.verbs("spark-1")[-1] == ("stop",)


def test_a_worker_that_dies_while_loading_ends_the_start_with_its_last_line(fleet: Fleet) -> None:
    fleet.play("spark-2", "state", state("minimax-m27-worker", "exited", "1", last="NCCL error: unhandled"))
    ended = fleet.run("up")
    assert ended.status == 1
    assert "spark-2: minimax-m27-worker is exited, it ended with status 1" in ended.err
    assert "NCCL error: unhandled" in ended.err
    assert (fleet.root / "kept" / "minimax-m27-1" / "spark-2.log").read_text().endswith("log of minimax-m27-worker\n")
    assert fleet.verbs("spark-1")[-1] == ("stop",)


def test_keep_leaves_the_others_running(fleet: Fleet) -> None:
    fleet.play("spark-2", "state", state("minimax-m27-worker", "exited", "1"))
    assert fleet.run("up", "--keep").status == 1
    assert fleet.verbs("spark-1")[-1] == ("start",)


def test_a_worker_that_was_restarted_while_loading_ends_the_start(fleet: Fleet) -> None:
    fleet.play("spark-2", "state", state("minimax-m27-worker", "running", restarts=1))
    ended = fleet.run("up")
    assert ended.status == 1
    assert "minimax-m27-worker died while loading and was restarted (1 times)" in ended.err


def test_logs_of_each_failed_start_are_kept_apart(fleet: Fleet) -> None:
    fleet.play("spark-2", "state", state("minimax-m27-worker", "exited", "1"))
    fleet.run("up")
    fleet.run("up")
    assert sorted(folder.name for folder in (fleet.root / "kept").iterdir()) == ["minimax-m27-1", "minimax-m27-2"]


def test_a_message_that_others_have_met_is_explained(fleet: Fleet) -> None:
    fleet.play("spark-1", "state", state("minimax-m27-head", "exited", "1"))
    fleet.play(
        "spark-1",
        "logs",
        "echo 'ValueError: Free memory on device cuda:0 (8.2/119.67 GiB) is less than desired GPU memory utilization'",
    )
    ended = fleet.run("up")
    assert "it means: the page cache of the last load still fills the pool" in ended.out
    assert "drop the page cache on both nodes, then start again" in ended.out


def test_an_unknown_message_is_not_explained(fleet: Fleet) -> None:
    fleet.play("spark-1", "state", state("minimax-m27-head", "exited", "1"))
    assert "it means" not in fleet.run("up").out


def test_a_service_that_never_comes_up_leaves_everything_running_for_a_look(fleet: Fleet) -> None:
    """A Ray worker that never joins looks like this as well: both containers run, the head waits."""
    ended = fleet.run("up", SPARKC_START_SECONDS="1")
    assert ended.status == 1
    assert "http://10.0.0.1:8002/health does not answer after 1s" in ended.err
    assert "./launch.sh status" in ended.out
    assert fleet.verbs()[-1] == ("start",)
    assert (fleet.root / "kept" / "minimax-m27-1" / "spark-1.log").exists()


def test_a_service_of_another_model_on_the_port_is_not_taken_for_ours(fleet: Fleet) -> None:
    fleet.serves(after=1)
    fleet.answer("/v1/models", '{"data":[{"id":"llama"}]}')
    ended = fleet.run("up")
    assert ended.status == 1
    assert "its list of models lacks minimax-m2.7" in ended.err


def test_growing_swap_is_said_and_fails_nothing(fleet: Fleet) -> None:
    fleet.serves(after=3)
    fleet.play(
        "spark-2",
        "memory",
        "n=$(cat $here/looks 2>/dev/null || echo 0); echo $((n + 1)) >$here/looks\n"
        "printf '%s=%s\\n' MemAvailable 120000000000 SwapTotal 16106127360 SwapFree $((16106127360 - n * 1073741824))",
    )
    ended = fleet.run("up")
    assert ended.status == 0, ended.text
    assert "spark-2 swaps: 2.0 GiB more than before the start" in ended.err


def test_a_node_that_falls_silent_while_loading_is_given_some_looks_before_it_is_given_up(fleet: Fleet) -> None:
    fleet.play("spark-2", "start", "echo 'ssh: connect timed out' >$here/down")
    ended = fleet.run("up")
    assert ended.status == 1
    assert "spark-2 does not answer; trying again" in ended.out
    assert "spark-2 has not answered 6 times in a row" in ended.err
    assert fleet.verbs("spark-1")[-1] == ("stop",)


def test_a_deployment_that_serves_is_left_alone(fleet: Fleet) -> None:
    fleet.serves()
    fleet.run("up")
    count = len(fleet.verbs())
    ended = fleet.run("up")
    assert ended.status == 3
    assert "minimax-m27 serves already at http://10.0.0.1:8002 (since 12s)" in ended.err
    assert len(fleet.verbs()) == count


def test_a_deployment_that_still_loads_is_left_alone_too(fleet: Fleet) -> None:
    fleet.run("up", SPARKC_START_SECONDS="0")
    ended = fleet.run("up")
    assert ended.status == 3
    assert "runs already and does not serve yet" in ended.err
    assert "up --watch" in ended.err


def test_restart_stops_what_serves_and_starts_anew(fleet: Fleet) -> None:
    fleet.serves()
    fleet.run("up")
    assert fleet.run("up", "--restart").status == 0
    assert [words[0] for words in fleet.verbs("spark-1")] == STEPS * 2


def bring_another_platform(fleet: Fleet) -> None:
    """Let the build be one for systemd, while what is installed is for plain Docker."""
    for node in ("spark-1", "spark-2"):
        fleet.change_node_file(node, "platform.sh", "PLATFORM=systemd\n")


def test_what_another_target_installed_is_uninstalled_before_this_one_comes(fleet: Fleet) -> None:
    fleet.serves()
    fleet.run("up")
    bring_another_platform(fleet)
    assert fleet.run("up", "--restart").status == 0
    assert ("uninstall",) in fleet.verbs("spark-1")
    assert (fleet.install_dir("spark-1") / "platform.sh").read_text() == "PLATFORM=systemd\n"
    count = fleet.verbs().count(("uninstall",))
    assert fleet.run("up", "--restart").status == 0
    assert fleet.verbs().count(("uninstall",)) == count, "its own platform is not uninstalled"


def test_prepare_leaves_alone_what_another_target_runs(fleet: Fleet) -> None:
    fleet.serves()
    fleet.run("up")
    bring_another_platform(fleet)
    ended = fleet.run("prepare")
    assert ended.status == 1
    assert "it runs here by docker, and this build is for systemd" in ended.text
    assert "down --uninstall" in ended.text
    assert ("uninstall",) not in fleet.verbs()


def test_what_is_left_of_a_half_dead_start_is_stopped_without_asking(fleet: Fleet) -> None:
    fleet.serves()
    fleet.run("up")
    (fleet.node("spark-2") / "running").unlink()
    assert fleet.run("up").status == 0


def test_watch_starts_nothing_and_ends_when_it_serves(fleet: Fleet) -> None:
    fleet.run("up", SPARKC_START_SECONDS="0")
    count = len(fleet.verbs())
    fleet.serves(after=3)
    ended = fleet.run("up", "--watch")
    assert ended.status == 0
    assert "serving minimax-m2.7" in ended.out
    assert len(fleet.verbs()) == count


@pytest.mark.parametrize("word", ["up", "prepare"])
def test_a_second_launch_says_who_holds_the_lock_and_since_when(fleet: Fleet, word: str) -> None:
    with fleet.started("up") as first:
        wait_until(lambda: ("start",) in fleet.verbs("spark-2"))
        second = fleet.run(word)
        press_ctrl_c(first)
        first.communicate()  # leaving the block closes the pipes before it waits
    assert second.status == 3
    assert "another launch of minimax-m27 is under way: held by root@" in second.err
    assert f"launch.sh up, process {first.pid}, since 20" in second.err
    assert fleet.run("up", "--restart", SPARKC_START_SECONDS="0").status == 1  # no longer refused


def test_the_lock_goes_with_a_launcher_that_is_killed(fleet: Fleet) -> None:
    with fleet.started("up") as first:
        wait_until(lambda: ("start",) in fleet.verbs("spark-2"))
        first.send_signal(signal.SIGKILL)
    fleet.serves()

    def is_free() -> bool:
        return fleet.run("up", "--restart").status == 0

    wait_until(is_free)


def test_ctrl_c_while_starting_stops_what_was_started(fleet: Fleet) -> None:
    fleet.play("spark-2", "start", "touch $here/starting; sleep 0.5; touch $here/running")
    with fleet.started("up") as process:
        wait_until(lambda: (fleet.node("spark-2") / "starting").exists())
        press_ctrl_c(process)
        out, err = process.communicate(timeout=10)
    assert process.returncode == 130, out + err
    assert "stopping what was started" in out
    assert fleet.verbs("spark-1")[-1] == ("stop",)
    assert fleet.verbs("spark-2")[-1] == ("stop",)
    assert not (fleet.node("spark-2") / "running").exists(), "the stop overtook a start"


def test_ctrl_c_while_waiting_leaves_it_loading_and_says_how_to_go_on(fleet: Fleet) -> None:
    with fleet.started("up") as process:
        wait_until(lambda: len(fleet.calls("curl")) > 2)
        press_ctrl_c(process)
        out, _ = process.communicate(timeout=10)
    assert process.returncode == 130
    assert "left loading" in out
    assert "up --watch" in out
    assert "down" in out
    assert fleet.verbs()[-1] == ("start",)


def test_ctrl_c_before_the_start_leaves_everything_as_it_was(fleet: Fleet) -> None:
    fleet.play("spark-1", "images", "touch $here/looking; sleep 0.3")
    with fleet.started("up") as process:
        wait_until(lambda: (fleet.node("spark-1") / "looking").exists())
        press_ctrl_c(process)
        out, _ = process.communicate(timeout=10)
    assert process.returncode == 130
    assert "before anything was started" in out
    assert ("stop",) not in fleet.verbs()


def test_no_private_folder_is_left_behind(fleet: Fleet) -> None:
    made = fleet.root / "made"
    mktemp = fleet.root / "bin" / "mktemp"
    mktemp.write_text(f'#!/bin/sh\nmade=$({fleet.root}/system/mktemp "$@") && echo "$made" >>{made} && echo "$made"\n')
    mktemp.chmod(0o755)
    fleet.serves()
    fleet.run("preflight")  # before anything is installed, its checks run from a folder of their own on each node
    fleet.run("up")
    paths = [Path(line) for line in made.read_text().splitlines()]
    assert len(paths) > 2
    wait_until(lambda: not any(path.exists() for path in paths))


def test_a_rehearsal_prints_the_steps_of_a_start_and_touches_nothing(fleet: Fleet) -> None:
    ended = fleet.run("up", "--dry-run")
    assert ended.status == 0
    assert fleet.calls() == []
    rehearsed = [line.split("node.sh' ")[1].split("'")[1] for line in ended.out.splitlines() if "node.sh' " in line]
    fleet.serves()
    fleet.run("up")
    assert rehearsed == [words[0] for words in fleet.verbs()]


def test_on_the_head_itself_no_ssh_goes_to_the_head(fleet: Fleet) -> None:
    fleet.serves()
    # The stand-in on this machine plays the head.
    ended = fleet.run("up", SPARKC_HERE="spark-1", FLEET_AT="spark-1")
    assert ended.status == 1  # the head may not log in on the worker yet
    (fleet.root / "trusts" / "spark-1-spark-2").touch()
    ended = fleet.run("up", SPARKC_HERE="spark-1", FLEET_AT="spark-1")
    assert ended.status == 0, ended.text
    assert {call.words[call.words.index("--") + 1] for call in fleet.calls("ssh")} == {"spark-2.lan"}
    assert [words[0] for words in fleet.verbs("spark-1")] == STEPS


def test_every_ssh_call_asks_nothing_and_shares_one_connection(fleet: Fleet) -> None:
    fleet.serves()
    fleet.run("up")
    for call in fleet.calls("ssh"):
        assert "BatchMode=yes" in call.words
        assert "ConnectTimeout=10" in call.words
        assert call.words[call.words.index("-l") + 1] == "ops"
        assert any(word.startswith("ControlPath=/tmp/sparkc.") for word in call.words)
