"""Show a Plan in the terminal: who runs what, and the memory with its arithmetic; or the same as JSON."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import asdict

from sparkc.plan import Container, DecodeBound, Image, Layout, MemoryCheck, MemoryTerm, Node, NodeMemory, Plan
from sparkc.report.visible import spelled_out, width
from sparkc.resolve.memory.amount import number, written
from sparkc.views.bar import bar
from sparkc.views.ledger import Ledger, ledgers
from sparkc.views.side_by_side import compared

WIDTH = 110


def as_text(plan: Plan) -> str:
    """Return the view for people, at most `WIDTH` columns wide where names allow. It ends with a newline."""
    parts = [_heading(plan), _topology(plan), *(_memory(plan, ledger) for ledger in ledgers(plan))]
    return "\n\n".join("\n".join(part) for part in parts) + "\n"


def as_json(plan: Plan) -> str:
    """Return topology and memory: every term with formula and source, sizes in bytes."""
    return json.dumps(_document(plan), indent=2) + "\n"


def two_as_json(now: Plan, then: Plan) -> str:
    """Return two plans of one spec: as it is, and with other values."""
    return json.dumps({"as_it_is": _document(now), "what_if": _document(then)}, indent=2) + "\n"


def two_as_text(now: Plan, then: Plan, changes: Sequence[str]) -> str:
    """Return the memory of two plans side by side; a line that differs is marked."""
    lines = [*_heading(now), "", f"what if {spelled_out(', '.join(changes))}"]
    for name, both in compared(now, then):
        head = ("", f"memory of {spelled_out(name)}", "as it is", "what if")
        rows = [("*" if line.differs else "", line.name, line.now or "-", line.then or "-") for line in both]
        lines += ["", *_columns([head, *rows])]
    return "\n".join(lines) + "\n"


def _document(plan: Plan) -> dict[str, object]:
    return {
        "name": plan.name,
        "variant": plan.variant,
        "spec": plan.spec_path,
        "summary": plan.summary,
        "topology": plan.topology,
        "layouts": [asdict(layout) for layout in plan.layouts],
        "nodes": [_node_as_json(node) for node in plan.nodes],
    }


def _node_as_json(node: Node) -> dict[str, object]:
    return {
        "name": node.name,
        "role": node.role,
        "hardware": node.hardware,
        "fabric": asdict(node.fabric),
        "containers": [
            {
                "name": container.name,
                "image": container.image.name,
                "processes": [
                    {"name": process.name, "role": process.role, "ranks": process.ranks}
                    for process in container.processes
                ],
            }
            for container in node.containers
        ],
        "ports": [asdict(port) for port in node.ports],
        "memory": asdict(node.memory),
    }


# --- who runs what ---------------------------------------------------------------------------------------------------


def _heading(plan: Plan) -> list[str]:
    return [spelled_out(plan.title), spelled_out(plan.summary)]


def _topology(plan: Plan) -> Iterator[str]:
    rows = [_row(node, container) for node in plan.nodes for container in node.containers]
    yield from _columns([("node", "role", "address", "interface", "container", "image"), *rows])
    yield ""
    yield f"fabric       {_fabric(plan)}"
    yield from map(_layout, plan.layouts)
    yield f"serves       port {plan.service.port} on {spelled_out(plan.service.node)}"
    for layout in plan.layouts:
        yield from _decode(layout.decode)


def _layout(layout: Layout) -> str:
    tensor, pipeline, data = layout.tensor_parallel, layout.pipeline_parallel, layout.data_parallel
    return (
        f"{layout.side or 'parallelism':<11}  tensor {tensor} × pipeline {pipeline} × data {data}, "
        f"expert {layout.expert_parallel}, carried by {spelled_out(layout.executor)}"
    )


def _decode(bound: DecodeBound | None) -> Iterator[str]:
    if bound is None:
        return
    yield f"decode       an estimate: at best about {bound.tokens_per_second:.0f} tokens/s for one request"
    yield f"             {bound.formula}"
    if bound.reached_low is not None and bound.reached_high is not None:
        low, high = f"{bound.reached_low:.0%}", f"{bound.reached_high:.0%}"
        share = low if low == high else f"{low} to {high}"
        yield f"             similar launches reached {share} of such an estimate ({bound.reached_by})"


def _row(node: Node, container: Container) -> tuple[str, ...]:
    words = (node.name, node.role, node.fabric.address, node.fabric.interface or "-", container.name)
    return (*map(spelled_out, words), _image(container.image))


def _image(image: Image) -> str:
    return spelled_out(image.reference) + (" (pinned)" if image.is_pinned else " (not pinned)")


def _fabric(plan: Plan) -> str:
    fabric = plan.head.fabric
    if fabric.kind == "none":
        return "none, a single node"
    words = [fabric.kind, plan.topology, " ".join(fabric.hcas)]
    if fabric.speed_gbps is not None:
        words.append(f"{fabric.speed_gbps} Gb/s")
    if fabric.mtu is not None:
        words.append(f"MTU {fabric.mtu}")
    return ", ".join(spelled_out(word) for word in words if word)


def _columns(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    widths = [max(map(width, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell + " " * (wanted - width(cell)) for cell, wanted in zip(row, widths, strict=True))
        yield "  ".join(cells).rstrip()


# --- memory ----------------------------------------------------------------------------------------------------------


def _memory(plan: Plan, ledger: Ledger) -> Iterator[str]:
    memory = ledger.memory
    shared = ", shared by CPU and GPU" if memory.unified else ""
    yield f"memory of {spelled_out(', '.join(ledger.nodes))}: {written(memory.total)}{shared}"
    if memory.terms:
        yield ""
        drawn = bar(ledger)
        yield from (f"  {line}" for line in drawn.lines)
        yield ""
        yield from _terms(ledger, drawn.letters)
    yield ""
    yield from _cache(plan, ledger)
    for check in memory.checks:
        yield from _check(check)


def _terms(ledger: Ledger, letters: dict[str, str]) -> Iterator[str]:
    names = [*letters, "in the budget", "all together"]
    wide = max(map(len, names))
    for term in ledger.inside:
        yield _term(term, letters[term.name], wide)
    yield _sum("in the budget", ledger.sum_inside, wide)
    for term in ledger.beside:
        yield _term(term, letters[term.name], wide)
    over = f"  {written(ledger.over)} more than there is" if ledger.over else ""
    yield _sum("all together", ledger.sum_inside + ledger.sum_beside, wide) + over


def _term(term: MemoryTerm, letter: str, wide: int) -> str:
    band = f"{number(term.low)} to {number(term.high)}" if term.low != term.high else ""
    return f"  {letter}  {term.name:<{wide}}  {number(term.bytes):>8} GiB  {band:<16}  {spelled_out(term.formula)}"


def _sum(name: str, amount: int, wide: int) -> str:
    return f"  =  {name:<{wide}}  {number(amount):>8} GiB"


def _cache(plan: Plan, ledger: Ledger) -> Iterator[str]:
    memory = ledger.memory
    if memory.kv_tokens is not None and memory.kv_tokens_low is not None and memory.kv_tokens_high is not None:
        each = f", {memory.kv_bytes_per_token:,} bytes each" if memory.kv_bytes_per_token is not None else ""
        yield f"  KV cache   {memory.kv_tokens:,} tokens ({memory.kv_tokens_low:,} to {memory.kv_tokens_high:,}){each}"
    context = next(layout.max_model_len for layout in plan.layouts if ledger.nodes[0] in layout.nodes)
    if memory.concurrency is not None and context is not None:
        yield f"  requests   {memory.concurrency:.1f} at once with {context:,} tokens each"
    yield from _capacities(memory)
    if memory.kv_pin is not None:
        yield f"  pin        --kv-cache-memory-bytes {memory.kv_pin}: {written(memory.kv_pin)} that every boot can give"
    if memory.needed_free is not None:
        yield f"  preflight  waits until {written(memory.needed_free)} are available"
    yield ""


def _capacities(memory: NodeMemory) -> Iterator[str]:
    for index, one in enumerate(memory.capacities):
        label = "at once" if index == 0 else ""
        band = f"({one.low:,.1f} to {one.high:,.1f})"
        yield f"  {label:<10} {one.requests:>9,.1f} {band:<20} of {one.context:>9,} tokens, {written(one.need)} each"


def _check(check: MemoryCheck) -> Iterator[str]:
    found = "" if check.found is None or check.wanted is None else f"  {written(check.found)} found, {_wanted(check)}"
    yield f"  {check.verdict:<7}  {check.name:<14}{found}".rstrip()
    yield from _wrapped(spelled_out(check.explanation), "           ")
    if check.verdict != "yes":
        for way_out in check.ways_out:
            yield from _wrapped(spelled_out(way_out), "           ", first="        -> ")


def _wanted(check: MemoryCheck) -> str:
    # The cache must be larger than nothing; its predicate says so with one byte.
    return "more than 0 wanted" if check.wanted == 1 else f"{written(check.wanted or 0)} wanted"


def _wrapped(text: str, indent: str, first: str | None = None) -> list[str]:
    return textwrap.wrap(
        text,
        WIDTH,
        initial_indent=indent if first is None else first,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
