"""A variable hides accelerators that ranks need."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.author_variables import variables_by_host
from sparkc.rules.rule import Complaint, Evidence, Rule


def _check(_: Plan, facts: Facts) -> Iterator[Complaint]:
    assert facts.hardware is not None
    there, name = facts.accelerators, facts.hardware.visible_devices
    ranks = -(-facts.world_size // len(facts.hosts))
    for word in variables_by_host(facts):
        numbers = [number.strip() for number in (word.text or "").split(",")]
        if word.name != name or not all(number.isdecimal() for number in numbers):
            continue
        usable = {int(number) for number in numbers if int(number) < there}
        if len(usable) < ranks:
            yield Complaint(
                word.key,
                f"{name} shows {len(usable)} of the {there} accelerators of {word.host.name} (0 to {there - 1}); "
                f"{ranks} ranks on it want {ranks}",
                help=f"name {ranks} of them, or remove {name}: all {there} are visible without it"
                if ranks <= there
                else f"remove {name}, and lower parallelism to {there} ranks on each host",
            )


RULE = Rule(
    name="visible-devices-too-few",
    severity=Severity.ERROR,
    failure=Failure.CRASH,
    summary="fewer accelerators are visible than ranks want",
    why="Each rank takes one of the visible accelerators. With fewer of them a worker ends with `local_world_size (8) "
    "must be less than or equal to the number of visible devices (4)`, after minutes of starting.",
    help="name as many accelerators as there are ranks on the host",
    evidence=(
        Evidence(
            "vllm-project/vllm-ascend vllm_ascend/worker/worker.py",
            "0.21.0rc1: asserts local_world_size <= visible_device_count",
        ),
        Evidence("vllm-project/vllm vllm/config/parallel.py", "0.18.1: refuses a world size above the visible GPUs"),
    ),
    bad='env: {ASCEND_RT_VISIBLE_DEVICES: "0,1,2,3"}',
    good='env: {ASCEND_RT_VISIBLE_DEVICES: "0,1,2,3,4,5,6,7"}',
    base="atlas",
    applies=lambda facts: facts.hardware is not None,
    check=_check,
    allowable=False,
)
