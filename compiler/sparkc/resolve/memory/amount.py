"""Amounts of memory: bytes with a band around them, and how they are written for people."""

from __future__ import annotations

from dataclasses import dataclass

GIB = 2**30


@dataclass(frozen=True)
class Band:
    """Bytes that are expected (`point`), and the ends between which they were seen to lie."""

    low: int
    point: int
    high: int

    @classmethod
    def exactly(cls, amount: int) -> Band:
        """Return a band without width."""
        return cls(amount, amount, amount)

    def __add__(self, other: Band) -> Band:
        return Band(self.low + other.low, self.point + other.point, self.high + other.high)

    def __neg__(self) -> Band:
        return Band(-self.high, -self.point, -self.low)

    def __sub__(self, other: Band) -> Band:
        return self + -other


NOTHING = Band.exactly(0)


def gibibytes(amount: float) -> int:
    """Return a number of GiB as bytes."""
    return round(amount * GIB)


def written(amount: int) -> str:
    """Return bytes as people write them: `98.13 GiB`."""
    return f"{number(amount)} GiB"


def number(amount: int) -> str:
    """Return bytes as a bare number of GiB, for use inside a formula."""
    return f"{amount / GIB:,.2f}".replace("-", "−")


def ceil_div(amount: int, by: int) -> int:
    """Divide and round up, in whole numbers of any size."""
    return -(-amount // by)
