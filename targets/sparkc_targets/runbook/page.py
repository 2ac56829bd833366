"""Put the runbook together."""

from __future__ import annotations

from posixpath import join

from sparkc.findings import Finding, in_reading_order
from sparkc.plan import Plan, Restart
from sparkc_targets.runbook import wording
from sparkc_targets.runbook.choices import choices, decided_by
from sparkc_targets.runbook.commands import WAYS
from sparkc_targets.runbook.ledger import ledgers
from sparkc_targets.runbook.secrets import secret_files
from sparkc_targets.runbook.topology import diagram
from sparkc_targets.runbook.waiting import host_steps, waits
from sparkc_targets.templates import render


def runbook(plan: Plan, findings: tuple[Finding, ...]) -> str:
    """Return the runbook: one Markdown page that says how to run this deployment, and why it is as it is."""
    in_order = in_reading_order(list(findings))
    return render(
        "runbook/templates/README.md.j2",
        plan=plan,
        rebuild=("sparkc", "build", plan.spec_path),
        ways=[(target, WAYS[target]) for target in plan.targets if target in WAYS],
        other_targets=[target for target in plan.targets if target not in WAYS],
        images=list(dict.fromkeys(container.image for node in plan.nodes for container in node.containers)),
        diagram=list(diagram(plan)),
        ledgers=list(ledgers(plan)),
        waits=list(waits(plan)),
        steps=list(host_steps(plan)),
        secrets=list(secret_files(plan)),
        restarts=_restarts(plan),
        allowed=[finding for finding in in_order if finding.allowed is not None],
        remaining=[finding for finding in in_order if finding.allowed is None],
        groups=choices(plan),
        logs=[
            (node.name, join(node.install_dir, "logs"), container)
            for node in plan.nodes
            for container in node.containers
        ],
        decided_by=decided_by,
        say=wording,
    )


def _restarts(plan: Plan) -> list[tuple[Restart, list[str]]]:
    where: dict[Restart, list[str]] = {}
    for node in plan.nodes:
        for container in node.containers:
            where.setdefault(container.restart, []).append(container.name)
    return list(where.items())
