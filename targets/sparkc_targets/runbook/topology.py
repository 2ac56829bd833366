"""Draw a deployment as a Mermaid flowchart: nodes, what runs in them, and the ways between them."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.plan import Container, Fabric, Node, Plan
from sparkc_targets.quoting import Quoted, mermaid
from sparkc_targets.runbook.wording import gib


def diagram(plan: Plan) -> Iterator[Quoted]:
    """Yield the lines of the flowchart. Identifiers are ours; whatever the spec says stands in a label."""
    yield Quoted("flowchart TB")
    for node in plan.nodes:
        yield from _node(node)
    yield from _api(plan)
    yield from _joining(plan)
    yield from _fabric(plan)


def _node(node: Node) -> Iterator[Quoted]:
    # One line: a second one would lie over the first box.
    yield Quoted(f"  subgraph n{node.index}[{_label(f'{node.name} ({node.role}), ssh {node.ssh.host}')}]")
    for number, container in enumerate(node.containers):
        yield Quoted(f"    n{node.index}c{number}[{_label(*_container(container))}]")
    if node.fabric.kind != "none":
        yield Quoted(f"    n{node.index}f([{_label(*_fabric_words(node.fabric))}])")
        for number, _ in enumerate(node.containers):
            yield Quoted(f"    n{node.index}c{number} --- n{node.index}f")
    for number, reservation in enumerate(node.reservations):
        ports = f", ports {' '.join(map(str, reservation.ports))}" if reservation.ports else ""
        words = (reservation.name, f"keeps {gib(reservation.bytes)} GiB{ports}")
        yield Quoted(f"    n{node.index}r{number}[/{_label(*words)}/]")
    yield Quoted("  end")


def _container(container: Container) -> Iterator[str]:
    yield container.name
    for process in container.processes:
        ranks = f", rank {' '.join(map(str, process.ranks))}" if process.ranks else ""
        yield f"{process.name}{ranks}"


def _fabric_words(fabric: Fabric) -> Iterator[str]:
    if fabric.interface is not None:
        yield fabric.interface
    yield fabric.address
    if fabric.hcas:
        yield ", ".join(fabric.hcas)


def _api(plan: Plan) -> Iterator[Quoted]:
    for node in plan.nodes:
        for number, container in enumerate(node.containers):
            if node.name == plan.service.node and container.name == plan.service.answered_by:
                yield Quoted('  clients(["clients"])')
                words = (f"API, port {plan.service.port}",)
                yield Quoted(f"  clients -->|{_label(*words)}| n{node.index}c{number}")


def _joining(plan: Plan) -> Iterator[Quoted]:
    """Yield who dials whom."""
    boxes = {
        (node.name, container.name): f"n{node.index}c{number}"
        for node in plan.nodes
        for number, container in enumerate(node.containers)
    }
    for route in plan.routes:
        yield Quoted(f"  {boxes[route.source]} -->|{_label(*route.carries)}| {boxes[route.target]}")


def _fabric(plan: Plan) -> Iterator[Quoted]:
    """Yield the cables: one between two nodes, a circle for a ring, else all to what stands between them."""
    ends = [f"n{node.index}f" for node in plan.nodes if node.fabric.kind != "none"]
    if len(ends) < 2:
        return
    label = _label(*_cable(plan.head.fabric))
    if plan.topology == "ring" and len(ends) > 2:
        for one, other in zip(ends, [*ends[1:], ends[0]], strict=True):
            yield Quoted(f"  {one} <-->|{label}| {other}")
    elif len(ends) == 2 and plan.topology != "switch":
        yield Quoted(f"  {ends[0]} <-->|{label}| {ends[1]}")
    else:
        yield Quoted(f"  between{{{{{_label(plan.topology or 'network')}}}}}")
        for end in ends:
            yield Quoted(f"  {end} <-->|{label}| between")


def _cable(fabric: Fabric) -> Iterator[str]:
    yield {"roce": "RoCE", "tcp": "TCP", "none": ""}[fabric.kind]
    if fabric.speed_gbps is not None:
        yield f"{fabric.speed_gbps} Gb/s"
    if fabric.mtu is not None:
        yield f"MTU {fabric.mtu}"


def _label(*lines: str) -> Quoted:
    """Return one label of several lines."""
    return Quoted('"' + "<br/>".join(_line(line) for line in lines) + '"')


def _line(text: str) -> str:
    return mermaid(text)[1:-1]
