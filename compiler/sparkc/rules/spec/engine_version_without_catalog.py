"""The nearest catalog answers for a version that has none."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.rule import Complaint, Evidence, Rule


def _check(_: Plan, facts: Facts) -> Iterator[Complaint]:
    match = facts.engine_catalog
    if match is not None and not match.exact:
        yield Complaint(
            ("engine", "version"),
            f"there is no catalog of {match.catalog.engine} {facts.engine.version}; names are checked against "
            f"{match.catalog.version}, and one that is missing there is a warning only",
        )


RULE = Rule(
    name="engine-version-without-catalog",
    severity=Severity.NOTE,
    failure=Failure.SILENT,
    summary="names are checked against the nearest engine version",
    why="Releases between two catalogs share most names, not all. What the nearest one does not know may still "
    "exist, and the other way round.",
    help="read the image's own package with `sparkc catalog extract`, and name the file in engine.fork.catalog",
    evidence=(
        Evidence(
            "vllm-project/vllm vllm/engine/arg_utils.py",
            "0.11.0 to 0.33.0: from 6 to 33 new variables and up to 21 removed ones between two releases read",
        ),
    ),
    bad="engine: {version: 0.30.1}",
    good="engine: {version: 0.30.0}",
    base="single",
    check=_check,
)
