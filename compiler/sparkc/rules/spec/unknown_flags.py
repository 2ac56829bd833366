"""Flags that a catalog does not hold."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.catalog.engine import EngineCatalog
from sparkc.findings import KeyPath
from sparkc.rules.fates import fate_of
from sparkc.rules.rule import Complaint
from sparkc.source.spelling import nearest


def unknown_flags(names: Iterator[str], catalog: EngineCatalog, at: KeyPath, program: str) -> Iterator[Complaint]:
    """Yield a complaint for each name that is no flag of the program.

    Args:
        names: without their leading dashes, as they stand in the spec.
        at: the mapping in the spec that holds them.
    """
    for name in names:
        flag = f"--{name}"
        if catalog.flag(flag) is None:
            fate = fate_of(flag.replace("_", "-"), catalog)
            message = f"{flag} is no flag of `{program}` in {catalog.engine} {catalog.version}"
            yield Complaint(
                (*at, name),
                f"{message}: {fate.sentence}" if fate else message,
                help=(fate.way_out if fate else None) or _guess(flag, catalog),
            )


def _guess(flag: str, catalog: EngineCatalog) -> str | None:
    guess = nearest(flag, catalog.names())
    return f"did you mean `{guess.lstrip('-')}`?" if guess else None


def said(arguments: dict[str, object] | None) -> Iterator[str]:
    """Yield the names of arguments that add something; null only removes."""
    return (name for name, value in (arguments or {}).items() if value is not None)
