"""What a rule is: one gotcha, told once, with its evidence and its proof."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sparkc.findings import Failure, KeyPath, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.resolve.proposals import Proposal


@dataclass(frozen=True)
class Evidence:
    """Where a rule was learnt.

    Args:
        origin: public: a URL, or repository and path or thread.
        says: what stands there, in our words, with versions.
        disagrees: this source says otherwise, and is listed so that the choice is visible.
    """

    origin: str
    says: str
    disagrees: bool = False


@dataclass(frozen=True)
class Complaint:
    """What a check found.

    Args:
        key: the value that must change.
        message: both numbers, found and wanted.
        help: the way out for this very case; the rule's general one when None.
        also: another place that explains it, with a remark ("first named here").
    """

    key: KeyPath
    message: str
    help: str | None = None
    also: tuple[tuple[KeyPath, str], ...] = ()


def _always(_: Facts) -> bool:
    return True


@dataclass(frozen=True)
class Rule:
    """One gotcha.

    Args:
        name: kebab-case, names the trouble, reads well after "allow".
        severity: static; a trouble of two severities is two rules.
        summary: one line.
        why: the mechanism and the symptom as the user would see it.
        help: the way out.
        applies: cheap filter on the facts: engine, version, hardware, quant, topology.
        settle: proposals for when the author is silent.
        check: looks at the finished plan; never changes, prints, reads a file or catches an exception.
        bad: YAML laid over a base spec that shows the trouble; `good` is the mended one.
        base: which example spec `bad` and `good` are laid over: `pair` (two Sparks, Ray), `single`, `atlas`,
            `separated` (prefill and decode apart), and with SGLang `sglang` (one Spark) or `sglang-pair`.
        allowable: False where the engine itself would refuse: no `allow` helps there.
        hides_source: reports must not print the line that it points at, since a secret stands there.
    """

    name: str
    severity: Severity
    failure: Failure
    summary: str
    why: str
    help: str
    evidence: tuple[Evidence, ...]
    bad: str
    good: str
    base: str = "pair"
    applies: Callable[[Facts], bool] = _always
    settle: Callable[[Facts], Iterator[Proposal]] | None = None
    check: Callable[[Plan, Facts], Iterator[Complaint]] | None = None
    allowable: bool = True
    hides_source: bool = False

    @property
    def link(self) -> str:
        """Return the first origin: where to read on."""
        return self.evidence[0].origin
