"""Write docs/targets.md: what each target is, and what it can express."""

from __future__ import annotations

from collections.abc import Sequence

from sparkc.artifact import Target
from sparkc.driver import STANDINS
from sparkc.plan import Need

_HEAD = """\
# Targets

A target is one way to run a Plan: a folder of its own below `generated/<name>/`. A spec names those it wants
(`targets: [shell, compose]`); without that key it gets all that are made for its engine and can express it. The same
`launch.sh` lies in every folder and prepares, starts, watches and stops the deployment; what it finds on the nodes
differs.

| target | what it is |
|---|---|
"""

_NEEDS = """
## What a Plan may need, and which target has it

A need that a target lacks is a finding before anything is written. It names the need, the target, and the targets that
have it. Where something stands in for it the finding is a note, otherwise an error.

"""


def targets_page(targets: Sequence[Target]) -> str:
    """Return the page, as Markdown."""
    names = [f"`{target.name}`" for target in targets]
    return (
        _HEAD
        + "".join(
            f"| {name} | {target.summary}{_made_for(target)} |\n" for name, target in zip(names, targets, strict=True)
        )
        + _NEEDS
        + _row(["need", *names, "stands in where it is lacking"])
        + _row(["---"] * (len(names) + 2))
        + "".join(
            _row([need.value, *(_has(target, need) for target in targets), STANDINS.get(need, "")]) for need in Need
        )
    )


def _made_for(target: Target) -> str:
    return f" (for {', '.join(sorted(target.engines))} only)" if target.engines else ""


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |\n"


def _has(target: Target, need: Need) -> str:
    return "yes" if need in target.capabilities else "**no**"
