"""What a target hands to the writer: files, and what the target is able to express."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sparkc.plan import Need, Plan


@dataclass(frozen=True)
class Artifact:
    """One generated file.

    Args:
        path: relative, with forward slashes, below `generated/<name>/[<variant>/]`.
        text: the whole content; ends with exactly one newline.
        executable: whether it gets mode 0755 instead of 0644.
    """

    path: str
    text: str
    executable: bool = False


@dataclass(frozen=True)
class Target:
    """One way to run a Plan.

    Args:
        name: what the spec and the command line call it; also its folder in the output.
        summary: one line for `sparkc targets`.
        capabilities: the needs of a Plan that it can express. A need outside them is a finding before render.
        render: pure; yields every file; paths begin with `<name>/`.
        engines: the engines that it is made for; None for all of them.
    """

    name: str
    summary: str
    capabilities: frozenset[Need]
    render: Callable[[Plan], Iterator[Artifact]]
    engines: frozenset[str] | None = None

    def is_made_for(self, plan: Plan) -> bool:
        """Tell whether the target is made for the Plan's engine."""
        return self.engines is None or plan.engine in self.engines
