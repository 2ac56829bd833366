"""How the planner's numbers compare with an engine's, written where the project keeps its figures."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

JSON_FILE, PAGE = Path("docs/formula-gate.json"), Path("docs/formula-gate.md")

INTRODUCTION = """\
# Formulas against the engines' own code

`make formulas` downloads each release, imports the engine's own code on a CPU, and asks it and the memory planner the
same questions: the catalog's models and shapes drawn at random, in many settings. A difference beyond the allowed one
ends the run with an error. This page is what the last run said. What no CPU can run (profiling, CUDA graphs, the peak
while loading) names its source in the planner's docstrings and is held against measured boots
([memory-planner.md](memory-planner.md)).

What the planner counts otherwise than an engine, on purpose:

- The least cache for one request has the block that vLLM's pool keeps for itself. From 0.29 on the engine's own check
  has it, too; before, the engine starts with one block less, and the pool then never holds the request. So there only
  "the planned cache is taken" is asked, not "one byte less is refused".
- vLLM 0.18 refuses for want of one group of layers only. The planner wants all groups, as the engine's own concurrency
  and later releases do; need and longest request are compared there for models of one group.
- vLLM before 0.21 logs tokens as blocks / groups × block. That is compared with the planner's blocks; hybrids are left
  out, whose log takes the context for a block where that is shorter.
- SGLang rounds the share of states down to whole states and keeps one more; the planner gives the share itself.
- Ray takes its share of the memory that is free; the planner gives the share of all memory, which is never less. The
  function itself is compared with the same number on both sides.

Not asked of an engine: the share of memory at which Ray's monitor kills (compiled code, no function to call), SGLang's
default of mem_fraction_static (the planner says that it does not know it), and SGLang's balance check before 0.5.23
(inside a function that starts communication).
"""


@dataclass(frozen=True)
class Row:
    """One formula on one release.

    Args:
        largest: largest difference that was found, in the formula's unit; for yes and no 1 where any differs.
        allowed: largest difference that the planner documents.
    """

    formula: str
    unit: str
    cases: int
    equal: int
    largest: float
    allowed: float

    @property
    def passes(self) -> bool:
        """Tell whether something was compared, and nothing differs by more than allowed."""
        return self.cases > 0 and self.largest <= self.allowed


@dataclass(frozen=True)
class Figures:
    """What was found for one release.

    Args:
        asked: digest of the questions with the planner's answers, which tells whether the figures are of this planner.
    """

    release: str
    asked: str
    rows: tuple[Row, ...]

    @property
    def passes(self) -> bool:
        """Tell whether every formula passes."""
        return bool(self.rows) and all(row.passes for row in self.rows)

    def sentence(self) -> str:
        """Return what the terminal shows: a line for each formula."""
        lines = [f"{self.release}"]
        for row in self.rows:
            mark = "" if row.passes else "  <-- differs"
            lines.append(
                f"  {row.formula:44} {row.cases:5} cases, {row.equal:5} equal, largest {row.largest:g} {row.unit}{mark}"
            )
        return "\n".join(lines)


def row(formula: str, unit: str, pairs: Iterable[tuple[Any, Any]], allowed: float = 0.0) -> Row | None:  # Any: numbers
    """Return how pairs of the planner's and the engine's number compare; None when there is nothing to compare."""
    differences = [abs(float(own) - float(real)) for own, real in pairs]
    if not differences:
        return None
    return Row(formula, unit, len(differences), differences.count(0.0), max(differences), allowed)


def digest(asked: Any) -> str:  # Any: JSON
    """Return the digest of questions and answers."""
    return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()


def read_figures(repository: Path) -> list[Figures]:
    """Return the committed figures; none before the first run."""
    file = repository / JSON_FILE
    if not file.is_file():
        return []
    entries = json.loads(file.read_text("utf-8"))
    return [Figures(**{**entry, "rows": tuple(Row(**each) for each in entry["rows"])}) for entry in entries]


def write_figures(repository: Path, found: Sequence[Figures]) -> None:
    """Write the figures as data and as a page."""
    text = json.dumps([asdict(figures) for figures in found], indent=1, ensure_ascii=False)
    (repository / JSON_FILE).write_text(text + "\n", "utf-8")
    (repository / PAGE).write_text(page(found), "utf-8")


def page(found: Iterable[Figures]) -> str:
    """Return the page."""
    lines = [INTRODUCTION]
    for figures in found:
        lines += [
            f"## {figures.release}",
            "",
            "| formula | cases | equal | largest difference | allowed |",
            "| --- | ---: | ---: | ---: | ---: |",
        ]
        lines += [
            f"| {each.formula} | {each.cases} | {each.equal} | {each.largest:g} {each.unit} | {each.allowed:g} |"
            for each in figures.rows
        ]
        lines.append("")
    return "\n".join(lines).rstrip() + "\n"
