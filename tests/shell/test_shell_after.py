"""`status`, `logs`, `bench`, `down`: what one does with a deployment that was started."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from fleet import Fleet, press_ctrl_c

import plans
from sparkc.plan import Secret


@pytest.fixture
def serving(fleet: Fleet) -> Fleet:
    """Return two Sparks that serve."""
    fleet.serves()
    assert fleet.run("up").status == 0
    return fleet


def test_down_stops_the_workers_before_the_head(serving: Fleet) -> None:
    ended = serving.run("down")
    assert ended.status == 0
    assert [call.at for call in serving.calls("node.sh") if call.words == ("stop",)][-2:] == ["spark-2", "spark-1"]
    assert "logs are kept" in ended.out


def test_down_after_half_an_up_stops_what_there_is(fleet: Fleet) -> None:
    """Killed between the copy of the install folders and the start: one node has them, the other has nothing."""
    fleet.run("up", SPARKC_START_SECONDS="0")
    import shutil

    shutil.rmtree(fleet.install_dir("spark-2"))
    ended = fleet.run("down")
    assert ended.status == 0, ended.text
    assert fleet.verbs("spark-1")[-1] == ("stop",)
    assert fleet.verbs("spark-2")[-1] == ("stop",)


def test_down_before_any_up_is_no_failure(fleet: Fleet) -> None:
    assert fleet.run("down").status == 0


def test_down_stops_the_rest_when_a_node_cannot_be_reached_and_says_so(serving: Fleet) -> None:
    serving.unplug("spark-2")
    ended = serving.run("down")
    assert ended.status == 1
    assert "spark-2 (ops@spark-2.lan) does not answer ssh" in ended.err
    assert "not everything is stopped" in ended.err
    assert serving.verbs("spark-1")[-1] == ("stop",)


def test_down_says_what_could_not_be_stopped(serving: Fleet) -> None:
    serving.play("spark-2", "stop", "printf 'fail\\tminimax-m27-worker\\tit hangs\\treboot\\n'; exit 1")
    ended = serving.run("down")
    assert ended.status == 1
    assert "fail  spark-2: minimax-m27-worker: it hangs\n        -> reboot" in ended.out
    assert serving.verbs("spark-1")[-1] == ("stop",)


def test_down_of_one_node_leaves_the_other(serving: Fleet) -> None:
    assert serving.run("down", "--node", "spark-2").status == 0
    assert serving.verbs("spark-1")[-1] == ("start",)


def test_down_can_undo_what_up_made_known_to_the_platform(serving: Fleet) -> None:
    ended = serving.run("down", "--uninstall")
    assert ended.status == 0
    assert "stopped and uninstalled" in ended.out
    assert serving.verbs("spark-1")[-1] == serving.verbs("spark-2")[-1] == ("uninstall",)


def test_status_shows_nodes_ray_and_service(serving: Fleet) -> None:
    ended = serving.run("status")
    assert ended.status == 0, ended.text
    assert "ok    spark-1: build: the install folder is of this build" in ended.out
    assert "ok    spark-2: gpu: SM 3 %, memory 0 %" in ended.out
    assert "minimax-m27-worker says: Loading safetensors: 40%" in ended.out
    assert "ran minimax-m27-head ray status" in ended.out
    assert "ok    http://10.0.0.1:8002: health: answers" in ended.out


def test_status_says_when_another_build_runs(serving: Fleet) -> None:
    serving.change_node_file("spark-1", "facts.sh", "another build")
    assert "warn  spark-1: build: an older build than this launch.sh, or another one" in serving.run("status").out


def test_status_fails_when_a_node_is_lost_and_still_shows_the_other(serving: Fleet) -> None:
    serving.unplug("spark-2")
    ended = serving.run("status")
    assert ended.status == 1
    assert "ok    spark-1: gpu" in ended.out


def test_a_deployment_without_ray_is_not_asked_for_its_nodes(tmp_path: Path) -> None:
    fleet = Fleet(tmp_path, plans.one_spark())
    fleet.serves()
    fleet.run("up")
    assert fleet.run("status").status == 0
    assert not [words for words in fleet.verbs() if words[0] == "exec"]


def test_logs_of_all_nodes_carry_their_names(serving: Fleet) -> None:
    ended = serving.run("logs", "--tail", "7")
    assert ended.status == 0
    assert "spark-1 | log of minimax-m27-head" in ended.out
    assert "spark-2 | log of minimax-m27-worker" in ended.out
    assert ("logs", "--tail", "7") in [call.words for call in serving.calls("node.sh")]


def test_logs_of_one_node_are_as_they_are(serving: Fleet) -> None:
    assert serving.run("logs", "spark-2").out.splitlines()[-1] == "log of minimax-m27-worker"
    assert serving.calls("node.sh", at="spark-1")[-1].words != ("logs",)


def test_logs_after_down_are_the_saved_ones(serving: Fleet) -> None:
    serving.run("down")
    assert "spark-1 | saved log of minimax-m27-head" in serving.run("logs").out


def test_following_logs_ends_with_ctrl_c(serving: Fleet) -> None:
    for node in ("spark-1", "spark-2"):
        serving.play(node, "logs", "echo following; exec sleep 20")
    with serving.started("logs", "-f") as process:
        assert process.stdout is not None
        lines = {process.stdout.readline(), process.stdout.readline()}
        press_ctrl_c(process)
        process.communicate(timeout=5)
    assert process.returncode == 130
    assert lines == {"spark-1 | following\n", "spark-2 | following\n"}


def test_bench_runs_in_the_serving_container_and_prints_the_published_figures(serving: Fleet) -> None:
    ended = serving.run("bench")
    assert ended.status == 0
    words = ("exec", "minimax-m27-head", *plans.two_sparks().bench.argv)  # type: ignore[union-attr]
    assert serving.verbs("spark-1")[-1] == words
    assert "generation, 1 request: 12.4 tok/s (llama-benchy tg128)" in ended.out
    assert "Using MARLIN .*MxFp4: MXFP4 experts run on Marlin" in ended.out


def test_the_key_reaches_the_benchmark_in_its_environment_and_nothing_that_is_seen(tmp_path: Path) -> None:
    key = tmp_path / "key"
    key.write_text("sk-secret\n")
    plan = plans.two_sparks()
    secret = Secret("VLLM_API_KEY", "api_key", str(key), str(key), plans.spec("serving.api_key", "clients"))
    fleet = Fleet(tmp_path / "fleet", replace(plan, service=replace(plan.service, api_key=secret)))
    fleet.serves()
    assert fleet.run("up").status == 0
    # The container: it has a benchmark, which asks its environment as the engines' own do.
    arrived = tmp_path / "arrived"
    inside = tmp_path / "inside"
    inside.mkdir()
    (inside / "vllm").write_text(f'#!/bin/bash\nprintf "%s\\n" "$OPENAI_API_KEY" "$@" >{arrived}\n')
    (inside / "vllm").chmod(0o755)
    fleet.play("spark-1", "exec", f'shift 2; PATH={inside}:$PATH exec "$@"')

    ended = fleet.run("bench")

    assert ended.status == 0, ended.text
    assert arrived.read_text().splitlines() == ["sk-secret", *plan.bench.argv[1:]]  # type: ignore[union-attr]
    assert "sk-secret" not in ended.text
    # curl reads its configuration from a pipe.
    seen = [call for call in fleet.calls() if call.tool != "curl-config"]
    assert not [call for call in seen if "sk-secret" in " ".join(call.words)]


def test_bench_that_fails_says_so(serving: Fleet) -> None:
    serving.play("spark-1", "exec", "exit 4")
    ended = serving.run("bench")
    assert ended.status == 1
    assert "the benchmark ended with status 4" in ended.err


def test_an_engine_without_a_benchmark_says_so(tmp_path: Path) -> None:
    fleet = Fleet(tmp_path, replace(plans.two_sparks(), bench=None))
    ended = fleet.run("bench")
    assert ended.status == 1
    assert "no benchmark" in ended.err
