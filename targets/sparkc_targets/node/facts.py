"""Write the facts about a node that `node.sh` works with: data only, as bash assignments."""

from __future__ import annotations

from functools import lru_cache

from sparkc.plan import Node, Plan, Weights
from sparkc_targets.node.build import build_of
from sparkc_targets.templates import render


@lru_cache  # the same for every target
def facts_script(plan: Plan, node: Node) -> str:
    """Return facts.sh."""
    containers = node.containers
    return render(
        "node/templates/facts.sh.j2",
        plan=plan,
        node=node,
        containers=[(container.name, build_of(container)) for container in containers],
        images=list(dict.fromkeys(container.image for container in containers)),
        sources=list(
            dict.fromkeys(
                mount.host for container in containers for mount in container.mounts if mount.kind == "author"
            )
        ),
        driver_files=list(
            dict.fromkeys(
                mount.host for container in containers for mount in container.mounts if mount.kind == "driver"
            )
        ),
        secrets=list(dict.fromkeys(secret for container in containers for secret in container.secrets)),
        devices=list(dict.fromkeys(device.path for container in containers for device in container.devices)),
        needs_gpu=_yes_no(any(container.gpus for container in containers)),
        shares_ipc=_yes_no(any(container.ipc and container.ipc.value == "host" for container in containers)),
        band=_band,
    )


def _band(weights: Weights) -> tuple[str, str, str]:
    """Return the size of the weights, the least and the most that passes; empty where it is unknown."""
    if weights.bytes is None:
        return ("", "", "")
    slack = round(weights.bytes * weights.tolerance)
    return (str(weights.bytes), str(weights.bytes - slack), str(weights.bytes + slack))


def _yes_no(answer: bool) -> str:
    return "yes" if answer else "no"
