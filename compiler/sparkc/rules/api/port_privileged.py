"""An API port that only root may bind."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.rule import Complaint, Evidence, Rule

FIRST_FREE = 1024


def _check(plan: Plan, _: Facts) -> Iterator[Complaint]:
    if plan.service.port < FIRST_FREE:
        yield Complaint(
            ("serving", "port"), f"port {plan.service.port} needs root's powers to bind; wanted {FIRST_FREE} or more"
        )


RULE = Rule(
    name="port-privileged",
    severity=Severity.NOTE,
    failure=Failure.CRASH,
    summary="the API's port is below 1024",
    why="Ports below 1024 are for processes with CAP_NET_BIND_SERVICE. A container that runs as root on the "
    "node's network has it, a rootless one has not and ends with `Permission denied` after the weights are "
    "loaded.",
    help="take a port from 1024 on, and let a proxy hold the low one",
    evidence=(
        Evidence("https://man7.org/linux/man-pages/man7/ip.7.html", "privileged ports, ip_unprivileged_port_start"),
        Evidence(
            "moby/moby issue 8460", "a process that is not root cannot bind such a port inside a container either"
        ),
    ),
    bad="serving: {port: 443}",
    good="serving: {port: 8443}",
    check=_check,
)
