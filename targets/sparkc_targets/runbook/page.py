"""Put the runbook together."""

from __future__ import annotations

import re
from collections.abc import Iterator
from posixpath import join

from sparkc.findings import Finding, in_reading_order
from sparkc.plan import Plan, Restart
from sparkc.views.bar import bar
from sparkc.views.ledger import Ledger, ledgers
from sparkc_targets.control.deployment import client_url
from sparkc_targets.quoting import Quoted
from sparkc_targets.runbook import wording
from sparkc_targets.runbook.asking import asking
from sparkc_targets.runbook.choices import choices, decided_by
from sparkc_targets.runbook.commands import LAUNCH, LAUNCHED, OWN_WORDS
from sparkc_targets.runbook.ports import port_rows
from sparkc_targets.runbook.reach import ssh_command
from sparkc_targets.runbook.secrets import secret_files
from sparkc_targets.runbook.topology import diagram
from sparkc_targets.runbook.waiting import host_steps, waits
from sparkc_targets.templates import render


def runbook(plan: Plan, findings: tuple[Finding, ...]) -> str:
    """Return the runbook: one Markdown page that says how to run this deployment, and why it is as it is."""
    in_order = in_reading_order(list(findings))
    page = render(
        "runbook/templates/README.md.j2",
        plan=plan,
        rebuild=("sparkc", "build", plan.spec_path),
        way=LAUNCH,
        launched=[target for target in plan.targets if target in LAUNCHED],
        own_words=[(target, OWN_WORDS[target]) for target in plan.targets if target in OWN_WORDS],
        other_targets=[target for target in plan.targets if target not in LAUNCHED],
        images=list(dict.fromkeys(container.image for node in plan.nodes for container in node.containers)),
        diagram=list(diagram(plan)),
        memories=list(_memories(plan)),
        waits=list(waits(plan)),
        steps=list(host_steps(plan)),
        port_rows=list(port_rows(plan)),
        ready_lines=_ready_lines(plan),
        client_url=client_url(plan),
        asking=asking(plan),
        secrets=list(secret_files(plan)),
        together=_together(plan),
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
        ssh_command=ssh_command,
        say=wording,
    )
    # Sections that have nothing to say leave their blank lines behind.
    return re.sub(r"\n{3,}", "\n\n", page).rstrip("\n") + "\n"


def _memories(plan: Plan) -> Iterator[tuple[Ledger, tuple[Quoted, ...], dict[str, str]]]:
    """Yield each ledger with its bar, line by line, and the letters of its terms. All of a bar is ours."""
    for ledger in ledgers(plan):
        drawn = bar(ledger)
        yield ledger, tuple(map(Quoted, drawn.lines)), drawn.letters


def _ready_lines(plan: Plan) -> list[tuple[str, list[str]]]:
    """Return each line that tells that a server serves, with the containers in whose logs it must stand."""
    where: dict[str, list[str]] = {}
    for node in plan.nodes:
        for container in node.containers:
            for process in container.processes:
                if process.ready_line is not None:
                    where.setdefault(process.ready_line, []).append(container.name)
    return list(where.items())


def _together(plan: Plan) -> str | None:
    """Return what restarts together; None where nothing watches a peer."""
    if not any(container.watches for node in plan.nodes for container in node.containers):
        return None
    if len(plan.layouts) > 1:
        return "Each side restarts"
    return "The nodes restart" if len(plan.nodes) > 1 else "The ranks restart"


def _restarts(plan: Plan) -> list[tuple[Restart, list[str]]]:
    where: dict[Restart, list[str]] = {}
    for node in plan.nodes:
        for container in node.containers:
            where.setdefault(container.restart, []).append(container.name)
    return list(where.items())
