"""Decide what the plan asks of a target, so that a target that lacks it can say so before it writes a line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from sparkc.plan import Because, Need
from sparkc.resolve.draft import Draft, decided


def decide_needs(draft: Draft) -> Draft:
    """Fill in `needs`, each with the reason for it."""
    return replace(draft, needs=tuple(_needs(draft)))


def _needs(draft: Draft) -> Iterator[tuple[Need, Because]]:
    head = draft.hosts[0]
    container = head.containers[0]
    if draft.facts.talks_to_peers:
        nodes = sum(len(group.hosts) for group in (draft.facts, *draft.facts.others))
        yield Need.SEVERAL_NODES, decided("needs", f"{nodes} nodes in the spec")
        yield Need.COPIES, decided("needs", "every node needs the same image and the same weights")
    if any(step.trigger in ("up", "every_start") for step in head.steps):
        yield Need.HOST_STEPS_AT_UP, head.steps[0].because
    if container.restart.on_failure and any(step.trigger == "every_start" for step in head.steps):
        yield Need.HOST_STEPS_BEFORE_RESTART, head.steps[0].because
    if any(step.as_root for step in head.steps):
        yield Need.ROOT_STEPS, head.steps[0].because
    if any(host.variables.secrets for host in draft.hosts):
        yield Need.SECRETS, decided("needs", "the spec refers to secrets")
    if container.devices:
        yield Need.DEVICES, container.devices[0].because
    if container.ipc is not None and container.ipc.value == "host":
        yield Need.HOST_IPC, container.ipc.because
    if container.shm_size is not None:
        yield Need.SHM_SIZE, container.shm_size.because
    if container.restart.on_failure:
        yield Need.RESTART_LIMIT, container.restart.because
        yield Need.RESTART_PAUSE, container.restart.because
    if container.probes:
        yield Need.HEALTH, container.probes[0].because
