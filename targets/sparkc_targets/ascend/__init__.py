"""The ascend target: the bundle of vLLM-Ascend's tutorials, started and watched as every other target is.

| the tutorial | here |
|---|---|
| the script that runs the container: devices, files of the driver, shared memory | `run-<container>.sh` |
| the settings of the host in front of `vllm serve` | host steps, which `launch.sh up` takes as root |
| the variables and `vllm serve`, one script per setup | `start-<container>.sh`, one per variant |
| `npu-smi info`, the links of several nodes, a chat, a tool call | `launch.sh preflight` and `verify` |
| accuracy and performance | `evaluate.sh` on the node that serves |
"""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.artifact import Artifact, Target
from sparkc.plan import Need, Node, Plan
from sparkc_targets.ascend.evaluation import evaluation_files
from sparkc_targets.control import render_control
from sparkc_targets.node import node_files


def render(plan: Plan) -> Iterator[Artifact]:
    """Yield every file of the target; on the nodes `docker run` creates the containers."""
    yield from render_control(plan, "ascend", ascend_files)


def ascend_files(plan: Plan, node: Node) -> Iterator[Artifact]:
    """Yield the install folder of a node; paths are relative to it."""
    yield from node_files(plan, node)
    if node.name == plan.service.node:
        yield from evaluation_files(plan, node)


TARGET = Target(
    name="ascend",
    summary="the bundle of vLLM-Ascend's tutorials: docker run, settings of the host, evaluation; the same launch.sh",
    # As with the shell target, whose containers these are.
    capabilities=frozenset(Need) - {Need.HOST_STEPS_BEFORE_RESTART, Need.HEALTH},
    render=render,
    engines=frozenset({"vllm-ascend"}),
)
