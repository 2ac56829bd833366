"""Fit what an engine takes beside weights, graphs and KV cache, from measured launches.

python tools/fit_overhead.py            write compiler/sparkc/catalog/memory/overhead-gb10.yaml
python tools/fit_overhead.py --check    write nothing; end with status 1 when the file is not what the fit gives

overhead = base + per_2048 × (batched tokens / 2048) + mtp × [MTP] + draft × [draft model], by least squares. The error
is found by leaving out one model at a time, fitting the others and predicting its boots.
"""

from __future__ import annotations

import argparse
import csv
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import sqrt
from pathlib import Path

REPOSITORY = Path(__file__).parent.parent
LAUNCHES = REPOSITORY / "tests" / "memory" / "measured_launches.csv"
COEFFICIENTS = REPOSITORY / "compiler" / "sparkc" / "catalog" / "memory" / "overhead-gb10.yaml"
NAMES = ("base", "per_2048", "mtp", "draft")
DEFAULT_BATCHED_TOKENS = 2048
USUAL_GRAPHS_GIB = 0.69
"""Median of the estimates that boots log; for boots of which the log does not tell."""

GRAPHS_SUBTRACTED_SINCE = (0, 20)

BAND = 2.5
"""Half the band, in root mean squares of the errors: so few boots have not shown the worst one yet."""


@dataclass(frozen=True)
class Boot:
    """One measured launch with everything that a fit needs; amounts in GiB."""

    id: str
    model: str
    budget: float
    weights: float
    graphs: float
    kv: float
    features: tuple[float, ...]

    @property
    def overhead(self) -> float:
        """Return what the budget held beside weights, graphs and cache."""
        return self.budget - self.weights - self.graphs - self.kv


@dataclass(frozen=True)
class Left:
    """A boot, and the overhead that the boots of all other models predict for it."""

    boot: Boot
    predicted: float

    @property
    def error(self) -> float:
        """Return by how many GiB the cache was predicted too large; negative when too small."""
        return self.boot.overhead - self.predicted


def boots() -> tuple[Boot, ...]:
    """Return the rows that are classed as usable for a prediction."""
    with LAUNCHES.open(encoding="utf-8", newline="") as file:
        return tuple(boot(row) for row in csv.DictReader(file) if "predict" in row["checks"].split())


def boot(row: dict[str, str]) -> Boot:
    """Return one row as numbers."""
    tokens = int(row["max_num_batched_tokens"] or DEFAULT_BATCHED_TOKENS)
    return Boot(
        id=row["id"],
        model=row["family"] or row["model"],
        budget=float(row["fraction"]) * float(row["total_gib"]),
        weights=float(row["weights_gib"]),
        graphs=_graphs(row),
        kv=float(row["kv_gib"]),
        features=(1.0, tokens / DEFAULT_BATCHED_TOKENS, float(row["draft"] == "mtp"), float(row["draft"] == "draft")),
    )


def _graphs(row: dict[str, str]) -> float:
    """Return what was taken off the cache for graphs: nothing before vLLM 0.20."""
    release = tuple(int(part) for part in row["version"].split(".")[:2]) if row["version"] else None
    if release is not None and release < GRAPHS_SUBTRACTED_SINCE:
        return 0.0
    return float(row["graphs_gib"]) if row["graphs_gib"] else USUAL_GRAPHS_GIB


def fitted(measured: Iterable[Boot]) -> tuple[float, ...]:
    """Return the coefficients in the order of `NAMES`; a kind of launch that was not measured gets 0."""
    measured = tuple(measured)
    seen = [index for index in range(len(NAMES)) if any(boot.features[index] for boot in measured)]
    rows = [[Fraction(boot.features[index]) for index in seen] for boot in measured]
    wanted = [Fraction(boot.overhead) for boot in measured]
    solution = _least_squares(rows, wanted)
    coefficients = dict(zip(seen, solution, strict=True))
    return tuple(float(coefficients.get(index, Fraction(0))) for index in range(len(NAMES)))


def leave_one_model_out(measured: Sequence[Boot]) -> tuple[Left, ...]:
    """Return every boot with what the boots of the other models predict for it."""
    return tuple(
        Left(boot, predicted(fitted(other for other in measured if other.model != boot.model), boot))
        for boot in measured
    )


def predicted(coefficients: Sequence[float], boot: Boot) -> float:
    """Return the overhead of a boot in GiB."""
    return sum(coefficient * feature for coefficient, feature in zip(coefficients, boot.features, strict=True))


def quantile(values: Iterable[float], share: float) -> float:
    """Return a quantile, linear between the values around it."""
    ordered = sorted(values)
    place = share * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (place - low) * (ordered[high] - ordered[low])


def _least_squares(rows: list[list[Fraction]], wanted: list[Fraction]) -> list[Fraction]:
    """Solve the normal equations by elimination, in exact fractions: the same digits on every machine."""
    size = len(rows[0])
    table = [
        [sum((row[i] * row[j] for row in rows), Fraction(0)) for j in range(size)]
        + [sum((row[i] * value for row, value in zip(rows, wanted, strict=True)), Fraction(0))]
        for i in range(size)
    ]
    for column in range(size):
        pivot = next(index for index in range(column, size) if table[index][column])
        table[column], table[pivot] = table[pivot], table[column]
        table[column] = [value / table[column][column] for value in table[column]]
        for index in range(size):
            if index != column:
                factor = table[index][column]
                table[index] = [value - factor * own for value, own in zip(table[index], table[column], strict=True)]
    return [row[size] for row in table]


def text(measured: Sequence[Boot]) -> str:
    """Return the data file."""
    errors = [abs(left.error) for left in leave_one_model_out(measured)]
    smallest = min(boot.overhead for boot in measured)
    models = len({boot.model for boot in measured})
    lines = [
        "# Written by tools/fit_overhead.py from tests/memory/measured_launches.csv; change the data and run it.",
        "# GiB on one rank of a GB10. Errors: each model left out in turn.",
        f"boots: {len(measured)}",
        f"models: {models}",
        *(f"{name}: {value:.2f}" for name, value in zip(NAMES, fitted(measured), strict=True)),
        f"smallest_seen: {smallest:.2f}",
        f"median_error: {quantile(errors, 0.5):.2f}",
        f"p75_error: {quantile(errors, 0.75):.2f}",
        f"worst_error: {max(errors):.2f}",
        f"band: {BAND * sqrt(sum(error**2 for error in errors) / len(errors)):.2f}",
    ]
    return "\n".join(lines) + "\n"


def main(words: list[str]) -> int:
    """Run the command and return its exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing, only compare")
    check = parser.parse_args(words).check
    wanted = text(boots())
    if COEFFICIENTS.exists() and COEFFICIENTS.read_text(encoding="utf-8") == wanted:
        return 0
    print(f"{COEFFICIENTS.relative_to(REPOSITORY).as_posix()}: not what the fit gives")
    if check:
        return 1
    COEFFICIENTS.parent.mkdir(parents=True, exist_ok=True)
    COEFFICIENTS.write_text(wanted, encoding="utf-8", newline="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
