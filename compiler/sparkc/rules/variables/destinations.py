"""Where a variable ended up in the plan."""

from __future__ import annotations

from sparkc.plan import Plan


def processes_given(plan: Plan, name: str) -> frozenset[str]:
    """Return the names of the processes that get a variable; all of a container's when it is set for the container."""
    given: set[str] = set()
    for node in plan.nodes:
        for container in node.containers:
            settings = (*container.environment, *container.prepended)
            common = {*(setting.key for setting in settings), *(secret.key for secret in container.secrets)}
            given |= {
                process.name
                for process in container.processes
                if name in common or any(setting.key == name for setting in process.environment)
            }
    return frozenset(given)
