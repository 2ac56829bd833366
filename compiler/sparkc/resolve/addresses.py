"""Tell IP addresses from other words."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address


def as_ip_address(text: str) -> IPv4Address | IPv6Address | None:
    """Return the IP address that a text spells, or None when it spells none."""
    try:
        return ip_address(text)
    except ValueError:
        return None


def with_port(address: str, port: int) -> str:
    """Return HOST:PORT; an IPv6 address stands in brackets."""
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"
