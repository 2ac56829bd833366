"""Say a container as a Compose service."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sparkc.plan import Container, Mount, Node, Option, Plan, Restart, Setting
from sparkc_targets.compose.health import healthcheck
from sparkc_targets.node.labels import labels
from sparkc_targets.node.mounts import ENTRYPOINT, mounts
from sparkc_targets.reason import because
from sparkc_targets.yamlfile import Noted


def service(plan: Plan, node: Node, container: Container) -> dict[str, Any]:
    """Return the service, with its reasons; dollar signs are single."""
    return {
        "container_name": container.name,
        "image": Noted(container.image.name, because(container.image.because)),
        "pull_policy": Noted("never", "an image is brought by `prepare`, where everyone sees which one"),
        "entrypoint": list(ENTRYPOINT),
        **_surroundings(container),
        "environment": {setting.key: _noted(setting) for setting in container.environment},
        "volumes": [Noted(_bind(mount), because(mount.because)) for mount in mounts(node, container)],
        **healthcheck(container),
        "restart": Noted(_restart(container.restart), because(container.restart.because)),
        "stop_grace_period": f"{container.stop_timeout_s}s",
        "logging": _logging(container),
        "labels": Noted(
            dict(labels(plan, container)), "how node.sh finds its containers, and sees that one runs an older build"
        ),
    }


def _noted(setting: Setting) -> Noted:
    return Noted(setting.value, because(setting.because))


def _surroundings(container: Container) -> dict[str, Any]:
    """Return what the container sees of the machine besides its mounts; what the Plan leaves open is left out."""
    found: dict[str, Any] = {"network_mode": _option(container.network)}
    if container.ipc:
        found["ipc"] = _option(container.ipc)
    if container.shm_size:
        found["shm_size"] = _noted(container.shm_size)
    if container.privileged:
        found["privileged"] = Noted(True, because(container.privileged.because))
    if container.devices:
        found["devices"] = [Noted(device.path, because(device.because)) for device in container.devices]
    if container.gpus:
        found["deploy"] = {"resources": {"reservations": {"devices": [_gpus(container.gpus)]}}}
    if container.capabilities:
        found["cap_add"] = [_option(capability) for capability in container.capabilities]
    if container.limits:
        found["ulimits"] = {
            limit.name: Noted({"soft": limit.soft, "hard": limit.hard}, because(limit.because))
            for limit in container.limits
        }
    return found


def _option(option: Option) -> Noted:
    return Noted(option.value, because(option.because))


def _gpus(option: Option) -> Noted:
    """Return what `docker run --gpus` does: `all`, a number of them, or `device=` and their ids.

    https://docs.docker.com/compose/how-tos/gpu-support/ has the key `gpus` only from Compose 2.30 on.
    """
    if option.value.startswith("device="):
        which: dict[str, Any] = {"device_ids": option.value.removeprefix("device=").split(",")}
    else:
        which = {"count": int(option.value) if option.value.isdigit() else option.value}
    return Noted({"driver": "nvidia", **which, "capabilities": ["gpu"]}, because(option.because))


def _bind(mount: Mount) -> dict[str, Any]:
    """Return a mount that refuses to start without its source; `prepare` creates what sparkc may create."""
    return {
        "type": "bind",
        "source": mount.host,
        "target": mount.to,
        "read_only": mount.read_only,
        "bind": {"create_host_path": False},
    }


def _restart(restart: Restart) -> str:
    return f"on-failure:{restart.attempts}" if restart.on_failure else "no"


def _logging(container: Container) -> dict[str, Any]:
    rotation: Iterable[Setting] = (container.log_size, container.log_files)
    return {"driver": "json-file", "options": {setting.key: _noted(setting) for setting in rotation}}
