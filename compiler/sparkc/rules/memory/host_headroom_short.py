"""The engine's share leaves the host less than it needs to live."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.memory.judged import HOST, refused
from sparkc.rules.rule import Complaint, Evidence, Rule


def check(plan: Plan, facts: Facts) -> Iterator[Complaint]:
    """Report nodes on which the host would be starved, even when little is used beside the engine."""
    yield from refused(plan, HOST)


RULE = Rule(
    name="host-headroom-short",
    severity=Severity.ERROR,
    failure=Failure.OOM,
    summary="the engine's share starves the host",
    why="On unified memory what the engine does not take is all that kernel, driver and every other service have. "
    "Below 3 GiB nodes swapped, locked up, or had the engine aborted.",
    help="lower serving.memory.gpu_memory_utilization, or stop other services on the node",
    evidence=(
        Evidence(
            "https://github.com/MiaAI-Lab/GLM-5.3-Flash-EXL3-2x-DGX-Sparks/issues/118",
            "a start that left 1.8 to 5 GiB was aborted",
        ),
        Evidence(
            "https://github.com/teaql/nvidia-dgx-spark-model-benchmark",
            "launches with so little left swapped and stopped answering",
        ),
        Evidence(
            "NNNtrance/GLM-5.3-Flash-EXL3-TP3-3x-DGX-Spark docs/17-memory-ledger.md",
            "driver, kernel and host processes take 9.6 to 11.25 GiB beside the engine",
        ),
        Evidence(
            "NNNtrance/GLM-5.3-Flash-NVFP4-TP3-3x-DGX-Spark docs/05-memory-ladder.md",
            "climbs to 0.88 in steps and stops when less than 2 GiB are available",
            disagrees=True,
        ),
    ),
    check=check,
    bad="""
serving: {memory: {gpu_memory_utilization: 0.80}}
nodes:
  hosts:
    - {name: spark-1, ssh: 192.168.1.11, address: 10.0.0.1, reserved: [{name: images, memory: 20 GiB}]}
    - {name: spark-2, ssh: 192.168.1.12, address: 10.0.0.2, reserved: [{name: images, memory: 20 GiB}]}
""",
    good="""
serving: {memory: {gpu_memory_utilization: 0.70}}
nodes:
  hosts:
    - {name: spark-1, ssh: 192.168.1.11, address: 10.0.0.1, reserved: [{name: images, memory: 20 GiB}]}
    - {name: spark-2, ssh: 192.168.1.12, address: 10.0.0.2, reserved: [{name: images, memory: 20 GiB}]}
""",
)
