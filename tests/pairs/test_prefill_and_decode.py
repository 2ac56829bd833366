"""Two emulated nodes run the units of a launch whose prefill and decode are apart, on a real systemd each."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from cable import lay_cable
from running_node import RunningNode
from test_pairs_without_ray import BOOTS, STARTED
from two_nodes import PAUSE_S, separated

from engines.docker_engine import wait_until

HEALTH = "http://10.0.0.1:8009/healthcheck"


class Sides:
    """The machine of each side."""

    def __init__(self, prefill: RunningNode, decode: RunningNode) -> None:
        self.prefill, self.decode = prefill, decode

    def serves(self) -> bool:
        return self.prefill.answer(HEALTH).endswith("200")

    def wait(self, fact: Callable[[], bool], seconds: float = 90) -> None:
        try:
            wait_until(fact, seconds)
        except AssertionError:
            logs = (f"{side.node.name}:\n{side.log()}" for side in (self.prefill, self.decode))
            raise AssertionError("\n".join(logs)) from None


@pytest.fixture(params=BOOTS)
def sides(
    request: pytest.FixtureRequest, tmp_path: Path, record_property: Callable[[str, object], None]
) -> Iterator[Sides]:
    record_property("started", STARTED[request.param])
    plan = separated(tmp_path / "project")
    with ExitStack() as machines:
        prefill, decode = (
            machines.enter_context(BOOTS[request.param](tmp_path / node.name, plan, node)) for node in plan.nodes
        )
        lay_cable(prefill.port, decode.port)
        yield Sides(prefill, decode)


def name_of(side: RunningNode, ending: str) -> str:
    return next(container.name for container in side.node.containers if container.name.endswith(f"-{ending}"))


def test_both_sides_come_up_behind_the_proxy_a_lost_rank_takes_its_own_side_along_and_a_stop_leaves_nothing(
    sides: Sides,
) -> None:
    prefill, decode = sides.prefill, sides.decode
    prefill.node_sh("start")
    # Both ranks of the side have met: each serves only then. The proxy waits for the other side.
    sides.wait(lambda: "waiting for decode rank 0 at 10.0.0.2:7100" in prefill.log())
    assert prefill.log().count("Application startup complete") == 2
    assert "starting proxy" not in prefill.log()
    decode.node_sh("start")
    sides.wait(sides.serves)

    sides.wait(lambda: "watching data parallel rank 1 on atlas-2" in decode.log())
    decode.kill_container(name_of(decode, "decode-dp1"))
    sides.wait(lambda: "data parallel rank 1 on atlas-2 is gone" in decode.log())
    sides.wait(lambda: decode.log().count("Application startup complete") == 4)
    assert "engine was ended because a peer is gone" in decode.log()
    assert prefill.log().count("starting engine") == 2
    assert prefill.log().count("starting proxy") == 1
    assert sides.serves()

    for side in (prefill, decode):
        side.node_sh("stop")
    # Whoever was to start anew would have done so by now.
    time.sleep(1.5 * PAUSE_S)
    for side in (prefill, decode):
        assert side.containers() == ""
        assert side.listens_on() == set()
