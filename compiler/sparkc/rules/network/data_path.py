"""What carries tensors between the nodes: RDMA devices, or sockets on an interface."""

from __future__ import annotations

from sparkc.resolve.facts import Facts, HostFacts
from sparkc.rules.author_variables import text_on


def uses_sockets(host: HostFacts) -> bool:
    """Tell whether NCCL is kept from RDMA on a host, so that tensors go where its sockets go."""
    return host.interconnect.kind == "tcp" or rdma_is_disabled(host)


def rdma_is_disabled(host: HostFacts) -> bool:
    """Tell whether NCCL_IB_DISABLE switches RDMA off: NCCL reads it as a number."""
    return (text_on(host, "NCCL_IB_DISABLE") or "0").strip() not in ("0", "")


def socket_interface(host: HostFacts) -> str | None:
    """Return the interface that NCCL's sockets use: the variable wins over the spec's key. None when unknown."""
    stated = text_on(host, "NCCL_SOCKET_IFNAME")
    return stated.lstrip("=") if stated else host.interconnect.interface


def is_management(facts: Facts, interface: str | None) -> bool:
    """Tell whether an interface is the machine's slower port, the one meant for ssh."""
    return facts.hardware is not None and interface in facts.hardware.management


def rdma_devices(host: HostFacts) -> tuple[str, ...] | None:
    """Return the RDMA devices that NCCL is given, port numbers left out; None where that is not a plain list."""
    stated = text_on(host, "NCCL_IB_HCA")
    if stated is None:
        return host.interconnect.hca or ()
    if stated.startswith("^"):
        return None
    return tuple(item.partition(":")[0] for item in stated.lstrip("=").split(",") if item)


def is_cabled_ring(facts: Facts, at_least: int) -> bool:
    """Tell whether so many nodes or more are joined by cables from neighbour to neighbour, and NCCL runs over them."""
    return (
        facts.interconnect.topology == "ring"
        and facts.interconnect.kind == "roce"
        and len(facts.hosts) >= at_least
        and facts.hardware is not None
        and facts.hardware.collectives == "nccl"
    )


def cages(facts: Facts, host: HostFacts) -> set[frozenset[str | None]]:
    """Return the cages whose RDMA devices a host is given, each as its pair of interfaces."""
    ports = facts.hardware.fabric if facts.hardware else ()
    named = rdma_devices(host) or ()
    return {frozenset((port.interface, port.twin)) for port in ports if port.hca in named}
