"""`up`: the order of the steps, what it waits for, and how it ends when something breaks."""

from __future__ import annotations

from fleet import Fleet


def test_a_start_runs_the_steps_in_order_on_every_node_and_ends_serving(fleet: Fleet) -> None:
    fleet.serves(after=2)
    ended = fleet.run("up")
    print(ended.text)
    assert ended.status == 0
