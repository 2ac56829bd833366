"""Gather what processes wait for and what is done on nodes, each once with the nodes where it holds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sparkc.plan import Condition, Plan, Step
from sparkc_targets.quoting import Quoted, sh_words


@dataclass(frozen=True)
class Wait:
    """A condition of the processes of one name, and the nodes on which they wait for it."""

    process: str
    condition: Condition
    nodes: tuple[str, ...]


@dataclass(frozen=True)
class HostStep:
    """A step, the nodes on which it is done, and its command as a person types it there."""

    step: Step
    nodes: tuple[str, ...]
    command: Quoted


def waits(plan: Plan) -> Iterator[Wait]:
    """Yield every condition once."""
    where: dict[tuple[str, Condition], list[str]] = {}
    for node in plan.nodes:
        for container in node.containers:
            for process in container.processes:
                for condition in process.waits_for:
                    where.setdefault((process.name, condition), []).append(node.name)
    for (process_name, condition), nodes in where.items():
        yield Wait(process_name, condition, tuple(dict.fromkeys(nodes)))


def host_steps(plan: Plan) -> Iterator[HostStep]:
    """Yield every step once."""
    where: dict[tuple[Step, bool], list[str]] = {}
    for node in plan.nodes:
        for step in node.steps:
            where.setdefault((step, step.as_root and node.sudo != "root"), []).append(node.name)
    for (step, with_sudo), nodes in where.items():
        yield HostStep(step, tuple(nodes), sh_words(("sudo", *step.argv) if with_sudo else step.argv))
