"""Look up what a machine is: its accelerators, its memory, its ports."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from sparkc.catalog.data import load, names
from sparkc.catalog.evidence import Evidence, evidence_from

GIB = 2**30


@dataclass(frozen=True)
class FabricPort:
    """One network interface that can carry model traffic.

    Args:
        interface: as Linux names it (`enp1s0f0np0`).
        hca: the RDMA device of the same function (`rocep1s0f0`).
        speed_gbps: speed of the cage in Gb/s; its two PCIe halves share it.
        twin: interface of the other PCIe half behind the same cage; None where a port has only one.
    """

    interface: str
    hca: str
    speed_gbps: int
    twin: str | None


@dataclass(frozen=True)
class MemoryTotal:
    """A total that a device was seen to report."""

    bytes: int
    evidence: Evidence


@dataclass(frozen=True)
class Tuning:
    """A setting of the host that the engine's documentation asks for; it needs root and is gone after a reboot.

    Args:
        name: kebab-case, of the host step.
        argv: the command, word by word.
        says: one line for the person watching.
        reason: what it is good for.
    """

    name: str
    argv: tuple[str, ...]
    says: str
    reason: str
    evidence: Evidence


@dataclass(frozen=True)
class Look:
    """A command that tells, inside a container, whether its accelerators can be used.

    Args:
        name: one or two words for people.
    """

    name: str
    argv: tuple[str, ...]
    proves: str
    evidence: Evidence


@dataclass(frozen=True)
class Hardware:
    """One kind of machine.

    Args:
        id: what a spec calls it (`dgx-spark`).
        vendor: nvidia or ascend; decides how a container gets its accelerators.
        compute_capability: CUDA's number ("12.1"); None where there is no CUDA.
        cpu: machine name of the CPU as `uname -m` prints it; None when the sources differ or are silent.
        memory_bytes: total that one accelerator reports, the first of `memory_totals`.
        memory_totals: all totals that were seen, the one to plan with first.
        unified: accelerator and host share one pool.
        memory_bandwidth_nominal: bytes per second on the data sheet; None when no source is known.
        memory_bandwidth_measured: bytes per second read by one accelerator in a test; None when nobody measured.
        fabric: ports for traffic between nodes; empty when they have no fixed names.
        management: interfaces that are slower and carry ssh; not for model traffic.
        collectives: id of the library that carries tensors between ranks, as `find_collectives` knows it.
        visible_devices: variable that narrows a process to some accelerators, by their numbers.
        tuning: settings of the host, in the order in which they are made; empty where none is documented.
        gpus: value of `docker run --gpus`; None where accelerators come as devices.
        devices: device nodes every container needs.
        rdma_devices: device nodes a container needs in addition to use RDMA.
        sourced: scripts of an image for these accelerators that its own entrypoint reads, or patterns of their paths.
        looks: commands that succeed in a container whose accelerators are usable.
        mounts: host paths of the driver that a container needs, same path inside, read-only.
        mounts_among_peers: further ones where machines talk to each other.
        notes: what else a reader should know, one sentence each.
        evidence: origin of each group of facts, by the group's name.
    """

    id: str
    title: str
    vendor: str
    architecture: str
    compute_capability: str | None
    cpu: str | None
    accelerators_per_node: int
    memory_bytes: int
    memory_totals: tuple[MemoryTotal, ...]
    unified: bool
    memory_bandwidth_nominal: int | None
    memory_bandwidth_measured: int | None
    fabric: tuple[FabricPort, ...]
    management: tuple[str, ...]
    collectives: str
    visible_devices: str
    tuning: tuple[Tuning, ...]
    gpus: str | None
    devices: tuple[str, ...]
    rdma_devices: tuple[str, ...]
    mounts: tuple[str, ...]
    mounts_among_peers: tuple[str, ...]
    sourced: tuple[str, ...]
    looks: tuple[Look, ...]
    notes: tuple[str, ...]
    evidence: tuple[tuple[str, Evidence], ...]

    def port(self, interface: str) -> FabricPort | None:
        """Return the fabric port behind an interface, or None when it is none of this machine's."""
        return next((port for port in self.fabric if port.interface == interface), None)


def hardware_names() -> tuple[str, ...]:
    """Return the ids of all machines, sorted."""
    return names("hardware")


def find_hardware(hardware_id: str) -> Hardware | None:
    """Return a machine by its id, or None when the catalog does not know it."""
    return _read(hardware_id) if hardware_id in hardware_names() else None


@cache
def _read(hardware_id: str) -> Hardware:
    data = load("hardware", hardware_id)
    totals = tuple(_total(entry) for entry in data["memory"]["totals"])
    bandwidth = data["memory"]["bandwidth"]
    container = data["container"]
    return Hardware(
        id=data["id"],
        title=data["title"],
        vendor=data["vendor"],
        architecture=data["accelerator"]["architecture"],
        compute_capability=data["accelerator"]["compute_capability"],
        cpu=data["cpu"],
        accelerators_per_node=data["accelerator"]["per_node"],
        memory_bytes=totals[0].bytes,
        memory_totals=totals,
        unified=data["memory"]["unified"],
        memory_bandwidth_nominal=bandwidth["nominal"] if bandwidth else None,
        memory_bandwidth_measured=bandwidth["measured"] if bandwidth else None,
        fabric=tuple(
            FabricPort(port["interface"], port["hca"], port["speed_gbps"], port["twin"])
            for port in data["network"]["fabric"]
        ),
        management=tuple(data["network"]["management"]),
        collectives=data["network"]["collectives"],
        visible_devices=data["accelerator"]["visible_devices"],
        tuning=tuple(_tuning(entry) for entry in data["tuning"]),
        gpus=container["gpus"],
        devices=tuple(container["devices"]),
        rdma_devices=tuple(container["rdma_devices"]),
        mounts=tuple(container["mounts"]),
        mounts_among_peers=tuple(container["mounts_among_peers"]),
        sourced=tuple(container["sourced"]),
        looks=tuple(_look(entry) for entry in container["looks"]),
        notes=tuple(data["notes"]),
        evidence=tuple(
            (group, evidence_from(data[group]["evidence"]))
            for group in ("accelerator", "memory", "network", "container")
        ),
    )


def _total(entry: dict[str, Any]) -> MemoryTotal:  # Any: plain data from YAML
    return MemoryTotal(bytes=round(entry["gib"] * GIB), evidence=evidence_from(entry["evidence"]))


def _tuning(entry: dict[str, Any]) -> Tuning:  # Any: plain data from YAML
    return Tuning(entry["name"], tuple(entry["argv"]), entry["says"], entry["reason"], evidence_from(entry["evidence"]))


def _look(entry: dict[str, Any]) -> Look:  # Any: plain data from YAML
    return Look(entry["name"], tuple(entry["argv"]), entry["proves"], evidence_from(entry["evidence"]))
