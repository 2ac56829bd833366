"""Say a container as the options of `docker run`, each with its reason."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.plan import Container, Node, Plan
from sparkc_targets.command import Part
from sparkc_targets.node.labels import labels
from sparkc_targets.node.mounts import ENTRYPOINT, mount_option, mounts
from sparkc_targets.reason import because


def docker_options(plan: Plan, node: Node, container: Container, restart: Part) -> Iterator[Part]:
    """Yield the options that stand before the image.

    Args:
        restart: `--restart` and its value. Who starts a container anew differs between targets, and is one only.
    """
    yield Part(("--name", container.name))
    yield Part(("--pull", "never"), "an image is brought by `prepare`, where everyone sees which one")
    yield from _labels(plan, container)
    yield from _surroundings(container)
    for variable in container.environment:
        yield Part(("--env", f"{variable.key}={variable.value}"), because(variable.because))
    for mount in mounts(node, container):
        yield Part(("--mount", mount_option(mount)), because(mount.because))
    yield restart
    seconds = str(container.stop_timeout_s)
    yield Part(("--stop-timeout", seconds), f"the engine has {seconds} s to end, then it is killed")
    yield from _log(container)
    yield Part(("--entrypoint", ENTRYPOINT[0]), "the start script waits, starts, watches, and says why it ended")


def _labels(plan: Plan, container: Container) -> Iterator[Part]:
    why = "how node.sh finds its containers, and sees that one runs an older build"
    for key, value in labels(plan, container):
        yield Part(("--label", f"{key}={value}"), why)
        why = ""


def _surroundings(container: Container) -> Iterator[Part]:
    yield Part(("--network", container.network.value), because(container.network.because))
    if container.ipc:
        yield Part(("--ipc", container.ipc.value), because(container.ipc.because))
    if container.shm_size:
        yield Part(("--shm-size", str(container.shm_size.value)), because(container.shm_size.because))
    if container.gpus:
        yield Part(("--gpus", container.gpus.value), because(container.gpus.because))
    if container.privileged:
        yield Part(("--privileged",), because(container.privileged.because))
    for device in container.devices:
        yield Part(("--device", device.path), because(device.because))
    for capability in container.capabilities:
        yield Part(("--cap-add", capability.value), because(capability.because))
    for limit in container.limits:
        yield Part(("--ulimit", f"{limit.name}={limit.soft}:{limit.hard}"), because(limit.because))


def _log(container: Container) -> Iterator[Part]:
    yield Part(("--log-driver", "json-file"), "docker keeps the log as long as it keeps the container")
    for setting in (container.log_size, container.log_files):
        yield Part(("--log-opt", f"{setting.key}={setting.value}"), because(setting.because))
