"""Find the decisions that somebody asks about, and tell each: where it stands, who decided, why."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable, Iterator, Mapping

from sparkc.plan import Plan
from sparkc.report.visible import spelled_out
from sparkc.source.spelling import nearest
from sparkc.views.decisions import Decision, Place, decisions, together

WIDTH = 100
LONGEST_VALUE = 400

Found = Mapping[Decision, tuple[Place, ...]]


def found(plan: Plan, what: str) -> Found:
    """Return the decisions that `what` may mean, by the nearest of the meanings that fit any.

    Those are: its name (dashes, underscores and case alike, leading dashes optional); the key of the spec, the rule or
    the pass that decided it; its sort (`mounts`); a word of its value; a part of its name or value.
    """
    everything = together(decisions(plan))
    for means in _meanings(what):
        chosen = {decision: places for decision, places in everything.items() if means(decision)}
        if chosen:
            return chosen
    return {}


def nearest_name(plan: Plan, what: str) -> str | None:
    """Return the name of a decision that looks like `what`."""
    bare = {decision.name.lstrip("-"): decision.name for decision in together(decisions(plan))}
    guess = nearest(what.lstrip("-"), bare)
    return None if guess is None else bare[guess]


def found_on_line(plan: Plan, path: str, text: str, number: int) -> Found:
    """Return the decisions that a line of a generated file spells, or that a reason beside it belongs to.

    Args:
        path: of the file, whose names of nodes and containers tell alike settings apart.
        number: the line, counted from 1.
    """
    statement, reasons = _statement(text.split("\n"), number - 1)
    scored = [
        (_likeness(place, decision, path, statement, reasons), place, decision) for place, decision in decisions(plan)
    ]
    best = max((score for score, _, _ in scored), default=0)
    return together((place, decision) for score, place, decision in scored if score == best) if best else {}


def lines_of_value(path: str, text: str, number: int) -> Iterator[int]:
    """Yield the line itself, then in YAML the lines of the values that it is a part of, from the inside out."""
    yield number
    if not path.endswith(".yaml"):
        return
    lines = text.split("\n")
    depth = _depth(lines[number - 1])
    for above in range(number - 1, 0, -1):
        line = lines[above - 1]
        if line and not _is_comment(line) and _depth(line) < depth:
            depth = _depth(line)
            yield above


def _depth(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def comment_beside(text: str, number: int) -> str:
    """Return the comment above the statement on a line, in one line and without its signs; empty when there is none."""
    statement, whole = _statement(text.split("\n"), number - 1)
    above = whole.removesuffix(" ".join(statement.split("\n")))
    return " ".join(re.sub(r"(^|\s)#+\s", " ", above).split())


def told(chosen: Found) -> str:
    """Return the text for people: one paragraph for each decision. It ends with a newline."""
    return "\n\n".join("\n".join(_paragraph(decision, places)) for decision, places in chosen.items()) + "\n"


# --- by name ---------------------------------------------------------------------------------------------------------


def _meanings(what: str) -> Iterator[Callable[[Decision], bool]]:
    folded = _folded(what)
    yield lambda decision: _folded(decision.name) == folded
    yield lambda decision: f"{decision.because.where}.".startswith(f"{what}.") or decision.because.layer == what
    yield lambda decision: _folded(decision.field) == folded
    yield lambda decision: any(what in text.split() or what == text for _, text in decision.details)
    if len(what) > 2:
        yield lambda decision: folded in _folded(decision.name) or what in decision.value


def _folded(name: str) -> str:
    return name.lstrip("-").replace("_", "-").casefold()


# --- by line ---------------------------------------------------------------------------------------------------------


def _statement(lines: list[str], index: int) -> tuple[str, str]:
    """Return what a line says with the lines that it goes on in, and the comment that stands above it.

    A comment means what stands below it. Where comments stand inside a command that goes on, each explains one line.
    """
    first = index
    while first + 1 < len(lines) and _is_comment(lines[first]):
        first += 1
    last = first
    if not _has_comments_inside(lines, first):
        while last + 1 < len(lines) and lines[last].endswith("\\"):
            last += 1
        while first > 0 and _goes_on(lines[first - 1]):
            first -= 1
    above = first
    while above > 0 and _is_comment(lines[above - 1]):
        above -= 1
    return "\n".join(lines[first : last + 1]), " ".join(lines[above : last + 1])


def _has_comments_inside(lines: list[str], index: int) -> bool:
    """Tell whether comments stand between the lines of the command that a line belongs to, as in a systemd unit."""
    first = last = index
    while first > 0 and _goes_on(lines[first - 1]):
        first -= 1
    while last + 1 < len(lines) and _goes_on(lines[last]):
        last += 1
    before = next((line for line in reversed(lines[:first]) if not _is_comment(line)), "")
    return _is_comment(lines[last]) or (first > 0 and _is_comment(lines[first - 1]) and _goes_on(before))


def _goes_on(line: str) -> bool:
    return line.endswith("\\") and not _is_comment(line)


def _is_comment(line: str) -> bool:
    return line.lstrip().startswith("#")


def _likeness(place: Place, decision: Decision, path: str, statement: str, reasons: str) -> int:
    """Return how sure it is that a statement spells a decision; 0 when neither its name nor its reason is there."""
    names_it = _has_word(statement, decision.name)
    gives_its_reason = " ".join(decision.because.reason.split()) in reasons
    if not names_it and not gives_its_reason:
        return 0
    has_its_value = any(_has_word(statement, text) for _, text in decision.details if text)
    steps = re.split(r"[/.]", path)
    stands_there = sum(any(name in step for step in steps) for _, name in place.within)
    return 8 * (names_it + gives_its_reason) + 4 * has_its_value + stands_there


def _has_word(text: str, word: str) -> bool:
    """Tell whether a word stands in a text by itself, or as the flag of that name (`--network` says `network`)."""
    return re.search(rf"(?<![\w/-])(?:--)?{re.escape(word)}(?![\w/-])", text) is not None


# --- told ------------------------------------------------------------------------------------------------------------


def _paragraph(decision: Decision, places: tuple[Place, ...]) -> Iterator[str]:
    because = decision.because
    yield spelled_out(f"{decision.name} {_shortened(decision.value)}".rstrip())
    for label, text in (
        *(("where" if number == 0 else "", f"{place} ({decision.field})") for number, place in enumerate(places)),
        ("decided", " ".join(word for word in (because.kind.value, because.layer, because.where) if word)),
        ("why", because.reason),
        ("link", because.link or ""),
    ):
        if text:
            yield from textwrap.wrap(
                spelled_out(text),
                WIDTH,
                initial_indent=f"  {label:<9}",
                subsequent_indent=" " * 11,
                break_long_words=False,
                break_on_hyphens=False,
            )


def _shortened(value: str) -> str:
    return value if len(value) <= LONGEST_VALUE else f"{value[: LONGEST_VALUE - 1]}…"
