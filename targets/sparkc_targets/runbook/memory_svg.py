"""Draw every node's memory as a stacked bar, as a picture for the runbook."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from sparkc.plan import MemoryTerm, Plan
from sparkc.resolve.memory.amount import number
from sparkc.views.ledger import Ledger, ledgers
from sparkc_targets.quoting import comment

WIDTH, MARGIN, BAR, LINE = 760, 20, 34, 18

# Told apart by people who see no red or green (Okabe and Ito, https://jfly.uni-koeln.de/color/).
COLOURS = {
    "weights": "#0072b2",
    "weights and overhead": "#0072b2",
    "engine overhead": "#e69f00",
    "CUDA graphs": "#cc79a7",
    "KV cache": "#009e73",
    "host and driver": "#999999",
    "Ray object store": "#d55e00",
    "reserved": "#56b4e9",
    "free": "#ffffff",
}
OTHER = "#f0e442"


def memory_svg(plan: Plan) -> str:
    """Return the picture: one bar for each kind of node, its terms below it with their amounts in GiB."""
    drawn, top = [], MARGIN
    for ledger in ledgers(plan):
        lines, top = _node(ledger, top)
        drawn += lines
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{top}" viewBox="0 0 {WIDTH} {top}" '
        'font-family="sans-serif" font-size="13">'
    )
    title = f"<title>Memory of {_text(plan.title)}, in GiB</title>"
    background = f'<rect width="{WIDTH}" height="{top}" fill="#ffffff"/>'
    return "\n".join((head, title, background, *drawn, "</svg>")) + "\n"


def _node(ledger: Ledger, top: int) -> tuple[list[str], int]:
    total = ledger.memory.total
    name = f"{', '.join(ledger.nodes)}: {number(total)} GiB"
    lines = [f'<text x="{MARGIN}" y="{top + 12}" font-weight="bold" fill="#000000">{_text(name)}</text>']
    terms = (*ledger.inside, *ledger.beside)
    scale = max(total, ledger.sum_inside + ledger.sum_beside)
    bar_top = top + 22
    lines += _bar(terms, scale, bar_top)
    if ledger.over:
        end = MARGIN + _wide(total, scale)
        lines.append(f'<path d="M{end} {bar_top - 4}V{bar_top + BAR + 4}" stroke="#000000" stroke-width="2"/>')
    below = bar_top + BAR + 8
    for index, term in enumerate(terms):
        lines += _legend(term, below + index * LINE)
    return lines, below + len(terms) * LINE + MARGIN


def _bar(terms: tuple[MemoryTerm, ...], scale: int, top: int) -> Iterator[str]:
    filled = 0
    for term in terms:
        left = MARGIN + _wide(filled, scale)
        filled += term.bytes
        wide = MARGIN + _wide(filled, scale) - left
        yield (
            f'<rect x="{left}" y="{top}" width="{wide}" height="{BAR}" fill="{COLOURS.get(term.name, OTHER)}" '
            f'stroke="#333333"><title>{_text(_amount(term))}</title></rect>'
        )


def _legend(term: MemoryTerm, top: int) -> Iterator[str]:
    colour = COLOURS.get(term.name, OTHER)
    yield f'<rect x="{MARGIN}" y="{top}" width="12" height="12" fill="{colour}" stroke="#333333"/>'
    yield f'<text x="{MARGIN + 20}" y="{top + 11}" fill="#000000">{_text(_amount(term))}</text>'


def _amount(term: MemoryTerm) -> str:
    band = f" ({number(term.low)} to {number(term.high)})" if term.low != term.high else ""
    return f"{term.name} {number(term.bytes)} GiB{band}"


def _wide(amount: int, scale: int) -> int:
    room = WIDTH - 2 * MARGIN
    return (amount * room + scale // 2) // scale


def _text(text: str) -> str:
    """Return text that cannot end an element or hide anything."""
    return escape(comment(text))
