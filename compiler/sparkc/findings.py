"""What sparkc has to say about a spec, and where in the text it points."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

KeyPath = tuple[str | int, ...]
"""The way to a value in a spec: `("nodes", "hosts", 0, "address")`."""


class Severity(StrEnum):
    """How much a finding weighs. Only an error stops a build."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


class Failure(StrEnum):
    """What would happen to the launch if the finding were ignored."""

    CRASH = "CRASH"
    OOM = "OOM"
    HANG = "HANG"
    SILENT = "SILENT"
    SLOW = "SLOW"
    UNSAFE = "UNSAFE"


@dataclass(frozen=True, order=True)
class Span:
    """A piece of a source file. Lines and columns start at 1; columns count characters, not bytes.

    `end_line` and `end_column` name the first position after the piece.
    """

    path: str
    line: int
    column: int
    end_line: int
    end_column: int

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column}"


@dataclass(frozen=True)
class Remark:
    """A second place that belongs to a finding ("first named here")."""

    span: Span
    message: str


@dataclass(frozen=True)
class Finding:
    """One thing to know about a spec.

    Args:
        rule: kebab-case name, the one that `allow` takes and `sparkc explain` shows.
        severity: an error stops the build; warnings and notes do not.
        message: what was found and what was wanted, both.
        span: where the value stands that must change; None when no line can be blamed.
        key: the way to that value in the merged spec, for machines.
        help: the way out, as an instruction.
        failure: what would happen at launch; None for trouble with the text itself.
        remarks: other places that explain the finding.
        variant: the variant in which it was found; None for the base.
        allowed: the author's reason, when an `allow` entry lets it pass.
        hides_source: the source line holds what must not be printed again.
    """

    rule: str
    severity: Severity
    message: str
    span: Span | None = None
    key: KeyPath = ()
    help: str | None = None
    failure: Failure | None = None
    remarks: tuple[Remark, ...] = ()
    variant: str | None = None
    allowed: str | None = None
    hides_source: bool = False

    @property
    def stops_the_build(self) -> bool:
        """Tell whether nothing may be written because of this finding."""
        return self.severity is Severity.ERROR and self.allowed is None

    def at(self, span: Span | None) -> Finding:
        """Return the same finding, pointing at `span`."""
        return replace(self, span=span)


class SparkcError(Exception):
    """The world refused (no such file, disk full): one sentence for the user, caught once in the command line.

    `status` is the exit status that the command ends with.
    """

    def __init__(self, message: str, status: int = 2) -> None:
        super().__init__(message)
        self.status = status


def in_reading_order(findings: list[Finding]) -> list[Finding]:
    """Return findings sorted by file, place, rule and text, each once."""

    def order(finding: Finding) -> tuple[str, int, int, str, str, str]:
        span = finding.span
        place = (span.path, span.line, span.column) if span else ("", 0, 0)
        return (*place, finding.rule, finding.message, finding.variant or "")

    return sorted(dict.fromkeys(findings), key=order)
