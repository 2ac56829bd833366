"""Gather the ports of a node for the table of the runbook: neighbours with one purpose stand in one row."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sparkc.plan import Node, Plan, Port


@dataclass(frozen=True)
class PortRow:
    """Ports from `first` to `last` of a node; one where both are the same."""

    node: str
    first: Port
    last: Port

    @property
    def numbers(self) -> str:
        """Return `8002/tcp`, or `61000-61015/tcp`."""
        numbers = dict.fromkeys((self.first.number, self.last.number))
        return f"{'-'.join(map(str, numbers))}/{self.first.protocol}"


def port_rows(plan: Plan) -> Iterator[PortRow]:
    """Yield the rows of all nodes."""
    for node in plan.nodes:
        yield from _of_node(node)


def _of_node(node: Node) -> Iterator[PortRow]:
    rows: list[PortRow] = []
    for port in node.ports:
        before = rows[-1] if rows else None
        if before is not None and _continues(before.last, port):
            rows[-1] = PortRow(node.name, before.first, port)
        else:
            rows.append(PortRow(node.name, port, port))
    yield from rows


def _continues(before: Port, port: Port) -> bool:
    same = (before.process, before.purpose, before.reach, before.protocol)
    return same == (port.process, port.purpose, port.reach, port.protocol) and port.number == before.number + 1
