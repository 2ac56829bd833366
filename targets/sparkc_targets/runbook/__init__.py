"""What every deployment gets beside its targets: a runbook for people, and the whole Plan for machines."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.artifact import Artifact
from sparkc.findings import Finding
from sparkc.plan import Plan
from sparkc_targets.runbook.memory_svg import memory_svg
from sparkc_targets.runbook.page import runbook
from sparkc_targets.runbook.plan_json import plan_json


def render_common(plan: Plan, findings: tuple[Finding, ...]) -> Iterator[Artifact]:
    """Yield `README.md`, `memory.svg` and `plan.json`, all for the deployment's folder itself.

    Args:
        plan: the base, or one variant.
        findings: everything found about it; those that the author allows carry his reason.
    """
    yield Artifact("README.md", runbook(plan, findings))
    yield Artifact("memory.svg", memory_svg(plan))
    yield Artifact("plan.json", plan_json(plan))
