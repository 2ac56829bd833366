"""Join the plans of prefill and decode into the one Plan of the launch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TypeVar

from sparkc.plan import Because, Need, Node, Plan, Route
from sparkc.resolve.facts import Facts

T = TypeVar("T")


def joined(plans: Sequence[Plan], groups: Sequence[Facts]) -> Plan:
    """Return one plan; `groups` are the facts that each was made from, in the same order."""
    if len(plans) == 1:
        return plans[0]
    first = plans[0]
    serving = next(plan for plan in plans if any(node.name == plan.service.node for node in plan.nodes))
    return replace(
        serving,
        summary=_summary(first, groups),
        layouts=tuple(layout for plan in plans for layout in plan.layouts),
        nodes=tuple(_nodes(plans, groups)),
        routes=(*(route for plan in plans for route in plan.routes), *_routes(plans)),
        figures=_each_once(plan.figures for plan in plans),
        troubles=_each_once(plan.troubles for plan in plans),
        needs=tuple(_needs(plans)),
    )


def _summary(plan: Plan, groups: Sequence[Facts]) -> str:
    sides = " and ".join(
        f"{facts.side} on {'one' if len(facts.hosts) == 1 else len(facts.hosts)} {plan.hardware}" for facts in groups
    )
    return f"{plan.model} ({plan.quant}), {sides}, {plan.engine} {plan.engine_version}"


def _nodes(plans: Sequence[Plan], groups: Sequence[Facts]) -> Iterator[Node]:
    """Yield all nodes in the order of the spec."""
    placed = {
        index: node
        for plan, facts in zip(plans, groups, strict=True)
        for index, node in zip(facts.group.hosts if facts.group else (), plan.nodes, strict=True)
    }
    for index in sorted(placed):
        yield replace(placed[index], index=index)


def _routes(plans: Sequence[Plan]) -> Iterator[Route]:
    """Yield what leads a request through the launch: from the proxy to all servers, and the cache between the sides."""
    ends = [[(node, container) for node in plan.nodes for container in node.containers] for plan in plans]
    proxies = [(node, container) for side in ends for node, container in side if container.role == "proxy"]
    servers = [[(node, container) for node, container in side if container.role != "proxy"] for side in ends]
    for at, proxy in proxies:
        for node, container in (end for side in servers for end in side):
            yield Route((at.name, proxy.name), (node.name, container.name), ("requests",))
    for node, container in servers[0]:
        for other, receiver in servers[1]:
            yield Route((node.name, container.name), (other.name, receiver.name), ("KV cache",))


def _needs(plans: Sequence[Plan]) -> Iterator[tuple[Need, Because]]:
    told: set[Need] = set()
    for plan in plans:
        for need, because in plan.needs:
            if need not in told:
                told.add(need)
                yield need, because


def _each_once(lists: Iterable[tuple[T, ...]]) -> tuple[T, ...]:
    return tuple(dict.fromkeys(item for entries in lists for item in entries))
