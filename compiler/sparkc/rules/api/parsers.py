"""The tool and reasoning parsers that a launch asks for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sparkc.findings import KeyPath
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.command_line import engine_flags, named_in_args, place_of
from sparkc.rules.rule import Complaint
from sparkc.source.spelling import nearest


@dataclass(frozen=True)
class Parser:
    """A parser that the launch asks for.

    Args:
        kind: tool or reasoning.
        name: what it is called.
        key: where that stands.
    """

    kind: str
    name: str
    key: KeyPath


def parser_asked_for(plan: Plan, facts: Facts, kind: str) -> Parser | None:
    """Return the parser of one kind; None when there is none, or when a plug-in may bring any name."""
    if named_in_args(facts, f"--{kind}-parser-plugin") is not None:
        return None
    flag = "--tool-call-parser" if kind == "tool" else "--reasoning-parser"
    setting = engine_flags(plan).get(flag)
    if setting is None or not isinstance(setting.value, str):
        return None
    return Parser(kind, setting.value, place_of(facts, setting))


def unregistered(plan: Plan, facts: Facts, kind: str) -> Iterator[Complaint]:
    """Yield a complaint when the catalog at hand does not register the parser that is asked for."""
    parser = parser_asked_for(plan, facts, kind)
    catalog = facts.engine_names
    if parser is None or catalog is None:
        return
    known = catalog.parsers(kind)
    if parser.name in known:
        return
    guess = nearest(parser.name, known)
    wanted = f"did you mean `{guess}`?" if guess else f"{catalog.engine} {catalog.version} has {', '.join(known)}"
    yield Complaint(
        parser.key,
        f"the {kind} parser {parser.name} is none of the {len(known)} of {catalog.engine} {catalog.version}",
        help=wanted,
    )
