"""Findings for a person: what, where, the line itself, and the way out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

from sparkc.findings import Finding, Severity, Span
from sparkc.report.excerpt import excerpt
from sparkc.report.tally import Tally
from sparkc.report.visible import spelled_out

_Paint = Callable[[str, str], str]

_BOLD, _DIM, _GREEN, _RESET = "\x1b[1m", "\x1b[2m", "\x1b[32m", "\x1b[0m"
_COLOURS = {Severity.ERROR: "\x1b[1;31m", Severity.WARNING: "\x1b[1;33m", Severity.NOTE: "\x1b[1;36m"}


def render(
    findings: Sequence[Finding], texts: Mapping[str, str], *, colour: bool = False, show_allowed: bool = False
) -> str:
    """Return the findings one after the other and a line that counts them.

    A finding that several variants share is told once, with all their names. Nothing from a spec reaches the terminal
    as anything but printable text.
    """
    paint = _painted if colour else _plain
    once = _one_for_all_variants(findings)
    shown = [(finding, variants) for finding, variants in once if show_allowed or finding.allowed is None]
    blocks = ["\n".join(_lines(finding, variants, texts, paint)) for finding, variants in shown]
    tally = str(Tally.of([finding for finding, _ in once]))
    return "\n\n".join([*blocks, paint(tally, _BOLD)]) + "\n"


def _one_for_all_variants(findings: Sequence[Finding]) -> list[tuple[Finding, tuple[str | None, ...]]]:
    variants: dict[Finding, list[str | None]] = {}
    for finding in findings:
        variants.setdefault(replace(finding, variant=None), []).append(finding.variant)
    return [(finding, tuple(dict.fromkeys(names))) for finding, names in variants.items()]


def _lines(
    finding: Finding, variants: tuple[str | None, ...], texts: Mapping[str, str], paint: _Paint
) -> Iterator[str]:
    where = f"{_place(finding.span)}: " if finding.span else ""
    what = f"{finding.severity}[{spelled_out(finding.rule)}]"
    failure = f" {finding.failure}" if finding.failure else ""
    yield (
        f"{paint(where, _BOLD)}{paint(what, _COLOURS[finding.severity])}{failure}{_in_variants(variants)}: "
        f"{spelled_out(finding.message)}"
    )
    if finding.span and not finding.hides_source:
        yield from _excerpt(finding.span, texts, paint, _COLOURS[finding.severity])
    for remark in finding.remarks:
        yield f"  {paint(_place(remark.span), _BOLD)}: {spelled_out(remark.message)}"
        yield from _excerpt(remark.span, texts, paint, _COLOURS[Severity.NOTE])
    if finding.help:
        yield f"  {paint('help:', _GREEN)} {spelled_out(finding.help)}"
    if finding.allowed is not None:
        yield f"  {paint('allowed:', _GREEN)} {spelled_out(finding.allowed)}"


def _place(span: Span) -> str:
    return f"{spelled_out(span.path)}:{span.line}:{span.column}"


def _in_variants(variants: tuple[str | None, ...]) -> str:
    if variants == (None,):
        return ""
    names = ", ".join("the base" if name is None else spelled_out(name) for name in variants)
    return f" (in {names})" if None in variants else f" (in variant{'s' if len(variants) > 1 else ''} {names})"


def _excerpt(span: Span, texts: Mapping[str, str], paint: _Paint, colour: str) -> Iterator[str]:
    shown = excerpt(texts[span.path], span) if span.path in texts else None
    if shown is None:
        return
    number = str(span.line)
    yield f"  {paint(f'{number} |', _DIM)} {shown.line}".rstrip()
    indent = len(shown.carets) - len(shown.carets.lstrip())
    yield f"  {paint(' ' * len(number) + ' |', _DIM)} {' ' * indent}{paint(shown.carets[indent:], colour)}"


def _painted(text: str, code: str) -> str:
    return f"{code}{text}{_RESET}" if text else text


def _plain(text: str, _code: str) -> str:
    return text
