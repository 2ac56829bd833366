"""Write the unit that stands for everything of a deployment on one node."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.plan import Node, Plan
from sparkc_targets.systemd.header import header
from sparkc_targets.systemd.names import service_name
from sparkc_targets.systemd.scope import Scope
from sparkc_targets.unitfile import Line, Section, names, plain, unit_file, word


def node_target(plan: Plan, node: Node, scope: Scope) -> str:
    """Return the target: started with the machine, it starts every container of the node."""
    install = Line(
        "WantedBy", word(scope.boot_target), "node.sh install enables it: what ran before a reboot runs again"
    )
    return unit_file(
        header(plan, node, scope, "all containers"),
        (Section("Unit", tuple(_unit(plan, node))), Section("Install", (install,))),
    )


def _unit(plan: Plan, node: Node) -> Iterator[Line]:
    services = names(*map(service_name, node.containers))
    yield Line("Description", plain(f"sparkc: {plan.title} on {node.name}"))
    yield Line("Wants", services, "one that fails must not end the others: their own watches decide that")
    yield Line("After", services, "so that a start of this target lasts until all of them serve")
    yield Line(
        "DefaultDependencies",
        word("no"),
        "the boot must not wait for a load of many minutes; with the default it would, before multi-user.target",
    )
    yield Line("Conflicts", word("shutdown.target"), "the default would have brought this along")
    yield Line("Before", word("shutdown.target"), "and this")
