"""`preflight`: everything at once, each with a way out, and nothing changed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from fleet import IMAGE_ID, Fleet

import plans
from sparkc.plan import Image


def pretend(fleet: Fleet, node: str, program: str, script: str) -> None:
    path = fleet.node(node) / "bin" / program
    path.write_text(f"#!/usr/bin/env bash\n{script}\n")
    path.chmod(0o755)


@pytest.fixture
def fleet(tmp_path: Path) -> Fleet:
    """Return two Sparks whose ports refuse and whose jumbo frames pass."""
    fleet = Fleet(tmp_path, plans.two_sparks())
    for node in ("spark-1", "spark-2"):
        pretend(fleet, node, "ping", '. "$FLEET_ROOT/bin/record.sh"; record ping "$@"')
        pretend(fleet, node, "timeout", "echo 'bash: connect: Connection refused' >&2; exit 1")
    return fleet


def test_a_healthy_fleet_passes_and_nothing_is_left_on_the_nodes(fleet: Fleet) -> None:
    ended = fleet.run("preflight")
    assert ended.status == 0, ended.text
    assert "0 failed" in ended.out
    assert not fleet.install_dir("spark-1").exists()
    assert list(Path("/tmp").glob("sparkc-checks.*/SHA256SUMS")) == []


def test_every_node_is_looked_at_even_when_one_does_not_answer(fleet: Fleet) -> None:
    fleet.unplug("spark-1", "ops@spark-1.lan: Permission denied (publickey).")
    ended = fleet.run("preflight")
    assert ended.status == 1
    assert "fail  spark-1: ssh: ops@spark-1.lan does not answer: ops@spark-1.lan: Permission denied" in ended.out
    assert "-> put your public key on the node (ssh-copy-id ops@spark-1.lan)" in ended.out
    assert "ok    spark-2: interface: enp1s0f0np0 is up" in ended.out


@pytest.mark.parametrize(
    ("words", "way_out"),
    [
        ("ssh: Could not resolve hostname spark-1.lan", "the name spark-1.lan has no address here"),
        ("Host key verification failed.", "compare the host key"),
        ("ssh: connect to host spark-1.lan port 22: Connection refused", "is the port right, and does sshd run?"),
        ("ssh: connect to host spark-1.lan port 22: No route to host", "is spark-1 switched on"),
    ],
)
def test_each_way_in_which_ssh_fails_has_its_own_way_out(fleet: Fleet, words: str, way_out: str) -> None:
    fleet.unplug("spark-1", words)
    assert way_out in fleet.run("preflight").out


def test_the_checks_of_a_node_are_passed_on_with_their_ways_out(fleet: Fleet) -> None:
    fleet.play(
        "spark-2", "preflight", "printf 'fail\\tport\\t8002 is taken by nginx\\tstop nginx\\nwarn\\tswap\\t\\t\\n'"
    )
    ended = fleet.run("preflight")
    assert ended.status == 1
    assert "fail  spark-2: port: 8002 is taken by nginx\n        -> stop nginx\n" in ended.out
    assert "warn  spark-2: swap: " in ended.out
    assert "1 warning, 1 failed" in ended.out


def test_warnings_alone_are_no_failure(fleet: Fleet) -> None:
    fleet.play("spark-2", "preflight", "printf 'warn\\tswap\\t2 GiB used\\t\\n'")
    assert fleet.run("preflight").status == 0


def test_an_image_that_differs_between_nodes_is_named_with_both_ids(tmp_path: Path) -> None:
    plan = plans.two_sparks()
    unpinned = Image("vllm:latest", None, None, plans.spec("engine.image", "moves"))
    nodes = tuple(replace(node, containers=(replace(node.containers[0], image=unpinned),)) for node in plan.nodes)
    fleet = Fleet(tmp_path, replace(plan, nodes=nodes))
    (fleet.node("spark-1") / "images" / "vllm:latest").write_text("sha256:aaaaaaaaaaaaaaaa")
    (fleet.node("spark-2") / "images" / "vllm:latest").write_text("sha256:bbbbbbbbbbbbbbbb")
    ended = fleet.run("preflight")
    assert (
        "fail  spark-2: image: vllm:latest is sha256:bbbbbbbbbbbb here and sha256:aaaaaaaaaaaa on spark-1" in ended.out
    )


def test_the_same_image_everywhere_is_said(fleet: Fleet) -> None:
    assert f"ok    nodes: image: {IMAGE_ID} is the same on 2 nodes" in fleet.run("preflight").out


def test_weights_of_different_size_are_named_with_the_first_file(fleet: Fleet) -> None:
    for node, size in (("spark-1", 5), ("spark-2", 3)):
        path = Path(next(item for item in fleet.plan.nodes if item.name == node).weights[0].path)
        path.mkdir(parents=True)
        (path / "model-1.safetensors").write_text("x" * size)
        (path / "config.json").write_text("{}")
    ended = fleet.run("preflight")
    assert ended.status == 1
    assert "1 files of olka-fi/MiniMax-M2.7-MXFP4 differ in size from spark-1 or are absent, first model-1" in ended.out


@pytest.mark.parametrize(
    ("poorest", "says"),
    [
        pytest.param(90, "warn  spark-1: memory: 90.0 GiB available, ", id="nine tenths are enough"),
        pytest.param(89, "fail  spark-1: memory: 89.0 GiB available, ", id="less is refused"),
    ],
)
def test_an_engine_that_compares_the_nodes_is_not_started_when_it_would_refuse(
    tmp_path: Path, poorest: int, says: str
) -> None:
    fleet = Fleet(tmp_path, replace(plans.two_sparks(), least_memory_percent=90))
    fleet.play("spark-1", "memory", f"echo MemAvailable={poorest * 1024**3}")
    fleet.play("spark-2", "memory", f"echo MemAvailable={100 * 1024**3}")
    assert says in fleet.run("preflight").out


def test_free_memory_far_apart_is_a_warning_with_both_numbers(fleet: Fleet) -> None:
    fleet.play("spark-1", "memory", "echo MemAvailable=85899345920")
    ended = fleet.run("preflight")
    assert "warn  spark-1: memory: 80.0 GiB available, spark-2 has 111.8 GiB: 31.8 GiB apart" in ended.out


def test_clocks_apart_are_a_warning(fleet: Fleet) -> None:
    pretend(fleet, "spark-2", "date", "echo $(($(/bin/date +%s%3N) - 60000))")
    assert "warn  spark-2: clock: 60 s behind spark-1" in fleet.run("preflight").out


def test_clocks_together_are_fine(fleet: Fleet) -> None:
    assert "ok    nodes: clock: within 2 s of each other" in fleet.run("preflight").out


@pytest.mark.parametrize(
    ("script", "level", "says"),
    [
        pytest.param(
            "echo 'connect: Connection refused' >&2; exit 1", "ok", "reaches spark-1 10.0.0.1:6379", id="refused"
        ),
        pytest.param("exit 0", "ok", "reaches spark-1 10.0.0.1:6379", id="open"),
        pytest.param("exit 124", "fail", "nothing comes back from spark-1 10.0.0.1:6379 (Ray head)", id="dropped"),
        pytest.param("echo 'connect: No route to host' >&2; exit 1", "fail", "is rejected on the way", id="rejected"),
    ],
)
def test_a_port_that_refuses_is_reachable_and_silence_is_a_firewall(
    fleet: Fleet, script: str, level: str, says: str
) -> None:
    pretend(fleet, "spark-2", "timeout", script)
    ended = fleet.run("preflight")
    assert any(line.startswith(f"  {level:4}  spark-2: way:") and says in line for line in ended.out.splitlines()), (
        ended.out
    )


def test_a_real_knock_at_a_closed_port_of_this_machine_is_no_firewall(fleet: Fleet) -> None:
    (fleet.node("spark-2") / "bin" / "timeout").unlink()
    deployment = fleet.root / "shell" / "deployment.sh"
    deployment.write_text(
        deployment.read_text()
        .replace("ADDRESSES=(10.0.0.1 10.0.0.2)", "ADDRESSES=(127.0.0.1 127.0.0.1)")
        .replace("PEER_PORTS=(6379 6380)", "PEER_PORTS=(1 1)")
    )
    assert "ok    spark-2: way: reaches spark-1 127.0.0.1:1" in fleet.run("preflight").out


def test_jumbo_frames_are_tried_at_their_full_size(fleet: Fleet) -> None:
    fleet.run("preflight")
    (call, *_) = fleet.calls("ping", at="spark-2")
    assert call.words[call.words.index("-s") + 1] == "8972"
    assert call.words[call.words.index("-M") : call.words.index("-M") + 2] == ("-M", "do")


def test_jumbo_frames_that_do_not_pass_are_told_from_a_dead_link(fleet: Fleet) -> None:
    pretend(fleet, "spark-2", "ping", "[[ $* != *8972* ]]")
    pretend(fleet, "spark-1", "ping", "exit 1")
    out = fleet.run("preflight").out
    assert "fail  spark-2: mtu: packets of 9000 bytes do not reach spark-1 10.0.0.1, small ones do" in out
    assert "fail  spark-1: mtu: spark-2 10.0.0.2 does not answer ping" in out


def test_one_node_alone_is_not_compared(fleet: Fleet) -> None:
    ended = fleet.run("preflight", "--node", "spark-2")
    assert ended.status == 0
    assert "between the nodes" not in ended.out
    assert fleet.calls("node.sh", at="spark-1") == []
