"""The whole path with the node's real scripts: launch.sh, node.sh and the run scripts against a pretended docker."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from fleet import Fleet

import plans
from sparkc.plan import Plan

MEMINFO = """MemTotal:       125000000 kB
MemFree:        117000000 kB
MemAvailable:   118000000 kB
SwapTotal:       16000000 kB
SwapFree:        16000000 kB
"""


def small(plan: Plan) -> Plan:
    nodes = tuple(
        replace(node, weights=tuple(replace(weights, bytes=5, tolerance=0.0) for weights in node.weights))
        for node in plan.nodes
    )
    return replace(plan, nodes=nodes)


@pytest.fixture
def fleet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Fleet:
    """Return two Sparks with the scripts that sparkc really installs; the first holds the weights."""
    fleet = Fleet(tmp_path, small(plans.two_sparks()), stand_in_for_node=False)
    folder = Path(fleet.plan.nodes[0].weights[0].path)
    folder.mkdir(parents=True)
    (folder / "model.safetensors").write_text("shard")
    proc = tmp_path / "machine" / "proc"
    proc.mkdir(parents=True)
    (proc / "meminfo").write_text(MEMINFO)
    for node in ("spark-1", "spark-2"):
        for program in ("sysctl", "sudo", "nvidia-smi", "dmesg"):
            path = fleet.node(node) / "bin" / program
            path.write_text(f'#!/usr/bin/env bash\n. "$FLEET_ROOT/bin/record.sh"\nrecord {program} "$@"\n')
            path.chmod(0o755)
    return fleet


def run(fleet: Fleet, *words: str) -> object:
    return fleet.run(*words, SPARKC_ROOT=str(fleet.root / "machine"), SPARKC_MEMORY_SECONDS="0")


def test_from_nothing_to_a_served_model_and_down_again(fleet: Fleet) -> None:
    fleet.serves(after=1)
    prepared = run(fleet, "prepare")
    assert prepared.status == 0, prepared.text
    up = run(fleet, "up")
    assert up.status == 0, up.text
    assert "serving minimax-m2.7" in up.out
    for node, container in (("spark-1", "minimax-m27-head"), ("spark-2", "minimax-m27-worker")):
        deeds = [
            call.words
            for call in fleet.calls(at=node)
            if call.tool == "sysctl" or (call.tool == "docker" and call.words[0] == "run")
        ]
        assert deeds[0] == ("--write", "vm.drop_caches=3"), "the page cache goes before the start"
        assert deeds[1][deeds[1].index("--name") + 1] == container

    again = run(fleet, "up")
    assert again.status == 3, again.text

    logs = run(fleet, "logs", "spark-2")
    assert "log of minimax-m27-worker" in logs.out

    verified = run(fleet, "verify")
    assert "ok    minimax-m27-head: marker: MXFP4 experts run on Marlin" in verified.out

    down = run(fleet, "down")
    assert down.status == 0, down.text
    stopped = [(call.at, call.words[-1]) for call in fleet.calls("docker") if call.words[0] == "stop"]
    assert stopped == [("spark-2", "minimax-m27-worker"), ("spark-1", "minimax-m27-head")]
    assert "log of minimax-m27-head" in run(fleet, "logs", "spark-1").out


def test_a_container_that_dies_is_seen_through_the_nodes_own_script(fleet: Fleet) -> None:
    run(fleet, "prepare")
    docker = fleet.node("spark-2") / "bin" / "docker"
    docker.write_text(
        '#!/usr/bin/env bash\n"$FLEET_ROOT/bin/docker" "$@"\nstatus=$?\n'
        '[[ $1 != run ]] || echo exited >"$FLEET_ROOT/nodes/$FLEET_AT/images.minimax-m27-worker"\nexit "$status"\n'
    )
    docker.chmod(0o755)
    ended = run(fleet, "up")
    assert ended.status == 1
    assert "spark-2: minimax-m27-worker is exited, it ended with status 0" in ended.err
    assert "last line: Using MARLIN backend" in ended.err
    assert (fleet.root / "kept" / "minimax-m27-1" / "spark-2.log").exists()


def test_preflight_and_status_pass_on_what_the_node_finds(fleet: Fleet) -> None:
    before = run(fleet, "preflight")
    assert before.status == 1
    assert "fail  spark-2: weights: olka-fi/MiniMax-M2.7-MXFP4 is not at" in before.out
    assert "-> prepare copies it from the first node, or downloads it" in before.out
    assert "output:" not in before.out, "every line of the node is understood"
    status = run(fleet, "status")
    assert status.status == 1
    assert "fail  spark-1: minimax-m27-head: there is no such container" in status.out


def test_memory_that_is_short_stops_the_start_with_both_numbers(fleet: Fleet) -> None:
    run(fleet, "prepare")
    meminfo = fleet.root / "machine" / "proc" / "meminfo"
    meminfo.write_text(MEMINFO.replace("118000000", "70000000"))
    ended = run(fleet, "up")
    assert ended.status == 1
    assert "66.7 GiB available after 0 s, 100.0 GiB wanted" in ended.err
    assert "reboot" in ended.err
    assert not [call for call in fleet.calls("docker") if call.words[0] == "run"]
