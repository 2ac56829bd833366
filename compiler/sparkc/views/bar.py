"""Draw a node's memory as one bar of letters."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sparkc.views.ledger import Ledger

CELLS = 72
FREE = "free"


@dataclass(frozen=True)
class Bar:
    """A bar and what its letters mean.

    Args:
        cells: `CELLS` letters; each term has as many as its share, rounded.
        end: the cell at which the pool ends, when the terms ask for more than there is.
        letters: the letter of each term, by the term's name.
    """

    cells: str
    end: int | None
    letters: dict[str, str]

    @property
    def lines(self) -> tuple[str, ...]:
        """Return the bar, and below it a mark where the pool ends before the bar does."""
        drawn = f"[{self.cells}]"
        return (drawn,) if self.end is None else (drawn, " " * self.end + "^ the pool ends here")


def bar(ledger: Ledger) -> Bar:
    """Return the bar of one ledger, all blank when its terms are not known."""
    terms = (*ledger.inside, *ledger.beside)
    letters = _letters(term.name for term in terms)
    scale = max(ledger.memory.total, ledger.sum_inside + ledger.sum_beside)
    drawn, filled = "", 0
    for term in terms:
        filled += term.bytes
        drawn += letters[term.name] * (_cells(filled, scale) - len(drawn))
    return Bar(drawn.ljust(CELLS), _cells(ledger.memory.total, scale) if ledger.over else None, letters)


def _cells(amount: int, scale: int) -> int:
    return (amount * CELLS + scale // 2) // scale


def _letters(names: Iterable[str]) -> dict[str, str]:
    """Return a letter for each name: the first of its own that no name before it took."""
    letters: dict[str, str] = {}
    for name in names:
        own = (letter for letter in name.upper() if letter.isalpha() and letter not in letters.values())
        letters[name] = "." if name == FREE else next(own, "?")
    return letters
