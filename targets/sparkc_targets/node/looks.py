"""Spell a fact of the Plan as the start script's look at it."""

from __future__ import annotations

import ipaddress

from sparkc.plan import Fact, HttpOk, InterfaceUp, MemoryAvailable, RayNodes, TcpOpen


def look(fact: Fact) -> tuple[str, ...]:
    """Return the function of the start script that looks, and its words."""
    match fact:
        case InterfaceUp(interface, address):
            return ("interface_up", interface, address, *_hexadecimal(address))
        case TcpOpen(host, port):
            return ("tcp_open", host, str(port))
        case HttpOk(host, port, path):
            return ("http_ok", host, str(port), path)
        case RayNodes(nodes, gpus):
            return ("ray_nodes", str(nodes), str(gpus))
        case MemoryAvailable(wanted):
            return ("memory_available", str(wanted))


def _hexadecimal(address: str) -> tuple[str, ...]:
    """Return an IPv6 address as the kernel lists it in /proc/net/if_inet6; nothing for any other."""
    try:
        return (ipaddress.IPv6Address(address).packed.hex(),)
    except ipaddress.AddressValueError:
        return ()
