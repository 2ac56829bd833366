"""Without a Ray version, nothing can be said about Ray's flags and variables."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.catalog.versions import parse_version
from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.rule import Complaint, Evidence, Rule


def check(plan: Plan, facts: Facts) -> Iterator[Complaint]:
    """Report a Ray version that is absent, or no version."""
    version = facts.ray.version
    if parse_version(version) is None:
        found = f"`{version}`" if version else "none"
        yield Complaint(
            ("engine", "ray", "version"),
            f"found {found} for the version of Ray, wanted one like 2.54.0: Ray's flags and variables go unchecked",
        )


RULE = Rule(
    name="ray-version-unstated",
    severity=Severity.NOTE,
    failure=Failure.SILENT,
    summary="Ray's flags and variables go unchecked, because its version is not stated",
    why="A variable that Ray does not know is ignored without a word; only the catalog of its version can tell.",
    help="state what `docker run --rm --entrypoint ray IMAGE --version` prints in engine.ray.version",
    evidence=(
        Evidence(
            "ray-project/ray src/ray/common/ray_config_def.h",
            "the settings differ between 2.54.0 (217 names) and 2.60.0 (247 names)",
        ),
    ),
    applies=lambda facts: facts.uses_ray,
    check=check,
    bad="engine: {ray: {version: unknown}}",
    good="engine: {ray: {version: 2.54.0}}",
)
