"""Count findings by weight."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sparkc.findings import Finding, Severity


@dataclass(frozen=True)
class Tally:
    """How many findings of each weight; allowed ones count as allowed only."""

    errors: int
    warnings: int
    notes: int
    allowed: int

    @classmethod
    def of(cls, findings: Sequence[Finding]) -> Tally:
        """Count `findings`."""
        open_ones = [finding.severity for finding in findings if finding.allowed is None]
        return cls(
            errors=open_ones.count(Severity.ERROR),
            warnings=open_ones.count(Severity.WARNING),
            notes=open_ones.count(Severity.NOTE),
            allowed=len(findings) - len(open_ones),
        )

    def __str__(self) -> str:
        counted = ((self.errors, "error"), (self.warnings, "warning"), (self.notes, "note"))
        said = [f"{count} {word}{'' if count == 1 else 's'}" for count, word in counted if count]
        return ", ".join([*(said or ["no findings"]), *([f"{self.allowed} allowed"] if self.allowed else [])])
