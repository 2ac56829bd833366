"""No catalog can tell which names the engine understands."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.catalog.engine import available
from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.rule import Complaint, Evidence, Rule


def _check(_: Plan, facts: Facts) -> Iterator[Complaint]:
    if facts.engine_catalog is not None:
        return
    name, version = facts.engine.name or "", facts.engine.version or "unknown"
    known = available(name)
    if known:
        message = (
            f"engine.version is {version}; wanted one like {known[-1]}, so that flags and variables can be checked"
        )
    else:
        message = f"there is no catalog of {name} {version} yet: its flags and variables go unchecked"
    yield Complaint(("engine", "version"), message)


RULE = Rule(
    name="engine-version-unknown",
    severity=Severity.WARNING,
    failure=Failure.SILENT,
    summary="flags, variables and parser names go unchecked",
    why="Which flags exist, what they default to and which variables are read changes with every release. "
    "Without a version sparkc passes every word on as it stands.",
    help="put the version that `vllm --version` prints in the image into engine.version, in quotes",
    evidence=(
        Evidence(
            "vllm-project/vllm vllm/engine/arg_utils.py",
            "0.11.0 to 0.33.0: flags and variables differ in every release; --gpu-memory-utilization rose to 0.92",
        ),
    ),
    bad="engine: {version: unknown}",
    good="engine: {version: 0.30.0}",
    base="single",
    check=_check,
)
