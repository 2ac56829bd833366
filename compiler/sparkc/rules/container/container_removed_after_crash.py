"""A container that removes itself takes its log along."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.places import one_per_place
from sparkc.rules.rule import Complaint, Evidence, Rule


def check(plan: Plan, facts: Facts) -> Iterator[Complaint]:
    """Report containers that are to be removed when they end."""
    for key, host in one_per_place(facts, "container", "auto_remove"):
        if host.container.auto_remove:
            yield Complaint(
                key,
                "found auto_remove true, wanted the container kept: its log goes with it, and a removed container "
                "cannot be restarted. sparkc keeps it in any case",
            )


RULE = Rule(
    name="container-removed-after-crash",
    severity=Severity.WARNING,
    failure=Failure.SILENT,
    summary="after a crash nothing is left to read",
    why="The engine fails after minutes of loading, the container removes itself, and the reason is gone with its log. "
    "Docker refuses a restart policy together with removal, so a kept container is what makes a restart possible.",
    help="remove container.auto_remove; `down` removes the containers",
    evidence=(
        Evidence(
            "https://al-engr.com/minimax-m2.7-dual-spark.html", "gotcha 7: every crash took its log along with --rm"
        ),
        Evidence("docker/cli cli/command/container/opts.go", "--restart and --rm together are refused"),
        Evidence(
            "https://docs.vllm.ai/projects/ascend/en/v0.23.0/tutorials/models/MiniMax-M2.html",
            "the A3 example runs with --rm",
            disagrees=True,
        ),
    ),
    check=check,
    bad="container: {auto_remove: true}",
    good="container: {auto_remove: false}",
)
