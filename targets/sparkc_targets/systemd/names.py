"""Name units: whatever is installed for a deployment begins with `sparkc-`."""

from __future__ import annotations

from sparkc.plan import Container, Plan
from sparkc_targets.unitfile import name_part


def service_name(container: Container) -> str:
    """Return the name of a container's unit. Docker's names hold nothing that a unit's may not."""
    return f"sparkc-{container.name}.service"


def target_name(plan: Plan) -> str:
    """Return the name of the unit that stands for a deployment on a node: `sparkc-minimax-m27-published.target`."""
    words = [plan.name, plan.variant] if plan.variant else [plan.name]
    return f"sparkc-{'-'.join(map(_plain, words))}.target"


def device_name(interface: str) -> str:
    """Return the unit that is active while a network interface exists."""
    return f"sys-subsystem-net-devices-{name_part(interface)}.device"


def _plain(name: str) -> str:
    """Return the name as it is; a character that no unit's name may hold is escaped."""
    return "-".join(map(name_part, name.split("-")))
