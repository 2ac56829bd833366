"""Two nodes whose ranks the engine carries itself, made fit for machines without GPU, fabric and time."""

from __future__ import annotations

import datetime
from dataclasses import replace
from pathlib import Path

from committed import REPOSITORY, committed
from engines.here import DEVICE
from engines.stub_image import NAME
from sparkc.cli.toolbox import toolbox
from sparkc.driver import compile_spec
from sparkc.plan import Condition, Container, Device, Image, MemoryAvailable, Plan, Process, Watch
from sparkc.source.project import Plugins

PAUSE_S = 8
"""Between two starts; a peer that is gone is noticed after half of it, as in the plans themselves."""


def vllm_pair(_: Path) -> Plan:
    """Return `llama33-70b` in its variant without Ray."""
    return _here(committed("llama33-70b", "mp"))


def sglang_pair(folder: Path) -> Plan:
    """Return the two-node example of the rules, compiled in a folder of its own."""
    spec = folder / "specs" / "sglang-pair.yaml"
    spec.parent.mkdir(parents=True)
    spec.write_text((REPOSITORY / "compiler/sparkc/rules/examples/sglang-pair.yaml").read_text(encoding="utf-8"))
    [launch] = compile_spec(spec, folder, toolbox(Plugins()), datetime.date(2026, 11, 20)).launches
    assert launch.plan is not None
    return _here(launch.plan)


def separated(_: Path) -> Plan:
    """Return prefill and decode on a node each, both of two ranks, and the proxy beside prefill."""
    here = "nodes: {login: {user: ops, sudo: passwordless}}\ninterconnect: {interface: enp1s0f1np1}"
    plan = _here(committed("minimax-m27-w8a8-a3-pd", "corrected", here))
    # These machines have neither weights nor a driver.
    return replace(plan, nodes=tuple(replace(node, containers=_bare(node.containers)) for node in plan.nodes))


def _bare(containers: tuple[Container, ...]) -> tuple[Container, ...]:
    return tuple(
        replace(container, mounts=tuple(mount for mount in container.mounts if mount.kind == "cache"))
        for container in containers
    )


def _here(plan: Plan) -> Plan:
    nodes = tuple(
        replace(node, containers=tuple(map(_container, node.containers)), steps=(), weights=()) for node in plan.nodes
    )
    return replace(plan, nodes=nodes)


def _container(container: Container) -> Container:
    return replace(
        container,
        image=Image(NAME, None, None, container.image.because),
        processes=tuple(map(_process, container.processes)),
        # Exists on every machine, and in the engine's configuration only when somebody asked for it.
        devices=tuple(Device(DEVICE, device.because) for device in container.devices[:1]),
        restart=replace(container.restart, pause_s=PAUSE_S),
        watches=tuple(map(_hastier, container.watches)),
        probes=tuple(replace(probe, period_s=1) for probe in container.probes),
        stop_timeout_s=5,
    )


def _process(process: Process) -> Process:
    return replace(process, waits_for=tuple(map(_modest, process.waits_for)))


def _modest(condition: Condition) -> Condition:
    return replace(condition, fact=MemoryAvailable(1)) if isinstance(condition.fact, MemoryAvailable) else condition


def _hastier(watch: Watch) -> Watch:
    return replace(watch, period_s=1, misses=PAUSE_S // 2)
