"""Two emulated nodes run the units of a launch without Ray: a real systemd on each, with a real Docker or Podman.

A cable lies between them and nothing else; the engine is a stand-in. The same launches run under Compose in
tests/compose.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from cable import lay_cable, plug
from docker_node import docker_node
from podman_node import podman_node
from running_node import RunningNode
from two_nodes import PAUSE_S, sglang_pair, vllm_pair

from engines.docker_engine import wait_until
from sparkc.plan import Plan

BOOTS = {"systemd": docker_node, "quadlet": podman_node}
PLANS = {"vllm": vllm_pair, "sglang": sglang_pair}
STARTED = {
    "systemd": "two systemds in private namespaces, each with a dockerd, and a cable between them; ended again",
    "quadlet": "two Debian 13 with systemd and Podman in private namespaces, and a cable between them; ended again",
}


class Pair:
    """Head and worker, and the port of the service."""

    def __init__(self, plan: Plan, head: RunningNode, worker: RunningNode) -> None:
        self.head, self.worker = head, worker
        self.nodes = (head, worker)
        self.port = plan.service.port

    def start(self) -> None:
        """Start both at once, and wait until the head serves."""
        for node in self.nodes:
            node.node_sh("start")
        self.wait_until_it_serves()

    def serves(self) -> bool:
        return self.head.show("ActiveState") == "active" and self.head.serves(self.port)

    def wait_until_it_serves(self) -> None:
        self.wait(self.serves)

    def wait(self, fact: Callable[[], bool], seconds: float = 60) -> None:
        try:
            wait_until(fact, seconds)
        except AssertionError:
            raise AssertionError("\n".join(f"{node.node.name}:\n{node.log()}" for node in self.nodes)) from None


@pytest.fixture
def pair(
    request: pytest.FixtureRequest, tmp_path: Path, record_property: Callable[[str, object], None]
) -> Iterator[Pair]:
    target, engine = request.param
    record_property("started", STARTED[target])
    plan = PLANS[engine](tmp_path / "project")
    with ExitStack() as machines:
        head, worker = (machines.enter_context(BOOTS[target](tmp_path / node.name, plan, node)) for node in plan.nodes)
        lay_cable(head.port, worker.port)
        yield Pair(plan, head, worker)


def on_both_targets(*engines_and_nodes: tuple[str, str]) -> pytest.MarkDecorator:
    """Run a test for each engine on each target, with the node that it is about."""
    cases = [(target, engine, node) for target in BOOTS for engine, node in engines_and_nodes]
    return pytest.mark.parametrize(
        ("pair", "node"),
        [((target, engine), node) for target, engine, node in cases],
        indirect=["pair"],
        ids=["-".join(case) for case in cases],
    )


@on_both_targets(("vllm", "head"), ("sglang", "worker"))
def test_a_pair_comes_up_whichever_node_is_first_and_a_stop_leaves_nothing(pair: Pair, node: str) -> None:
    one, other = pair.nodes if node == "head" else reversed(pair.nodes)
    one.node_sh("start")
    pair.wait(lambda: f"waiting for {other.node.name}" in one.log())
    time.sleep(1)
    assert "starting engine" not in one.log()
    other.node_sh("start")
    pair.wait_until_it_serves()
    for each in pair.nodes:
        assert "\trunning\t0\t0\t" in each.node_sh("state")
    for each in (pair.worker, pair.head):
        each.node_sh("stop")
    # Whoever was to start anew would have done so by now.
    time.sleep(1.5 * PAUSE_S)
    for each in pair.nodes:
        assert each.show("ActiveState") == "inactive", each.log()
        assert each.show("NRestarts") == "0"
        assert each.containers() == ""
        assert each.listens_on() == set()


@on_both_targets(("vllm", "worker"), ("sglang", "head"))
def test_a_killed_rank_ends_the_group_and_it_starts_anew_after_the_pause(pair: Pair, node: str) -> None:
    dead, survivor = pair.nodes if node == "head" else reversed(pair.nodes)
    pair.start()
    pair.wait(lambda: f"watching the engine on {dead.node.name}" in survivor.log())
    dead.kill_container()
    pair.wait(lambda: f"the engine on {dead.node.name} is gone" in survivor.log())
    # No rank of the new group may meet one of the old.
    assert dead.log().count("starting engine") == 1
    pair.wait(lambda: all(each.log().count("starting engine") == 2 for each in pair.nodes))
    assert "engine was ended because a peer is gone" in survivor.log()
    pair.wait_until_it_serves()
    assert [each.show("NRestarts") for each in pair.nodes] == ["1", "1"]


@on_both_targets(("vllm", "worker"))
def test_a_rank_that_is_started_anew_by_hand_takes_the_others_along(pair: Pair, node: str) -> None:
    """The port of its beacon is back before anybody misses it, but the rank behind it is none of the old group."""
    restarted, survivor = pair.nodes if node == "head" else reversed(pair.nodes)
    pair.start()
    pair.wait(lambda: f"watching the engine on {restarted.node.name}" in survivor.log())
    restarted.call("systemctl", "restart", "--no-block", restarted.unit)
    pair.wait(lambda: "engine was ended because a peer is gone" in survivor.log())
    pair.wait_until_it_serves()


@on_both_targets(("vllm", "worker"))
def test_a_pulled_cable_ends_the_group_and_it_serves_again_once_it_is_back(pair: Pair, node: str) -> None:
    pair.start()
    for one, other in (pair.nodes, reversed(pair.nodes)):
        pair.wait(lambda: f"watching the engine on {other.node.name}" in one.log())  # noqa: B023
    plug(getattr(pair, node).port, "down")
    pair.wait(lambda: all("engine was ended because a peer is gone" in each.log() for each in pair.nodes))
    pair.wait(lambda: "enp1s0f1np1 is down" in pair.worker.log())
    plug(getattr(pair, node).port, "up")
    pair.wait_until_it_serves()
    assert [each.show("NRestarts") for each in pair.nodes] == ["1", "1"]
