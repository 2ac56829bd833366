"""Write a `.container` file, from which Podman's generator makes the service that runs one container.

Keys and their meaning: podman-systemd.unit(5). The generator splits some values into words, takes others as they
stand, and hands both to systemd as one `podman run` line; what is written here passes both.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from sparkc.plan import Container, Node, Plan, Probe
from sparkc_targets.node.labels import labels
from sparkc_targets.node.looks import look
from sparkc_targets.node.mounts import ENTRYPOINT, mount_option, mounts
from sparkc_targets.quadlet.supervision import install, longest_start_s, service, unit
from sparkc_targets.quoting import Quoted, comment
from sparkc_targets.reason import because
from sparkc_targets.unitfile import Line, Section, command_words, path, unit_file

# Nothing in it means anything to the generator, to systemd or to Podman, whatever key it stands behind. A leading dash
# does: AddDevice= would leave a device that is missing out, and say nothing.
_MEANS_ITSELF = re.compile(r"[A-Za-z0-9_./][A-Za-z0-9_./:@+,=-]*")


def container_file(plan: Plan, node: Node, container: Container, header: tuple[str, ...]) -> str:
    """Return the text of the file; `header` says what it is and who wrote it."""
    return unit_file(
        header,
        (
            Section("Unit", (*unit(plan, node, container), *_mounts_needed(node, container))),
            Section("Container", tuple(_container(plan, node, container))),
            Section("Service", tuple(service(plan, node, container))),
            Section("Install", tuple(install(plan))),
        ),
    )


def _container(plan: Plan, node: Node, container: Container) -> Iterator[Line]:
    yield _option("ContainerName", "--name", container.name, "the same name on every target")
    yield Line("Image", _on_its_line(container.image.name), because(container.image.because))
    yield Line("Pull", Quoted("never"), "an image is brought by `prepare`, where everyone sees which one")
    yield from _labels(plan, container)
    yield from _surroundings(container)
    for variable in container.environment:
        yield Line("Environment", _words(f"{variable.key}={variable.value}"), because(variable.because))
    for mount in mounts(node, container):
        yield _option("Mount", "--mount", mount_option(mount), because(mount.because))
    yield Line(
        "LogDriver",
        Quoted("journald"),
        f"{because(container.log_size.because)}; the journal has bounds of its own, and keeps what a crash leaves",
    )
    yield Line("StopTimeout", Quoted(container.stop_timeout_s), "seconds from SIGTERM to SIGKILL")
    yield from _health(plan, container)
    yield Line("Entrypoint", Quoted(ENTRYPOINT[0]), "what runs in it says the start script")
    yield Line("Exec", _words(*ENTRYPOINT[1:]), "-p: nothing of the environment gets into the script")


def _labels(plan: Plan, container: Container) -> Iterator[Line]:
    words = (f"{key}={value}" for key, value in labels(plan, container))
    why = "how node.sh finds its containers, and sees that one runs an older build"
    yield Line("Label", _words(*words), why)


def _surroundings(container: Container) -> Iterator[Line]:
    yield _option("Network", "--network", container.network.value, because(container.network.because))
    if container.ipc:
        yield Line("PodmanArgs", _words("--ipc", container.ipc.value), because(container.ipc.because))
    if container.shm_size and not _shares_ipc(container):
        yield _option("ShmSize", "--shm-size", str(container.shm_size.value), because(container.shm_size.because))
    if container.gpus:
        # Podman reaches GPUs by the Container Device Interface:
        # https://docs.nvidia.com/datacenter/cloud-native/container-toolkit/latest/cdi-support.html
        device = f"nvidia.com/gpu={container.gpus.value}"
        yield _option("AddDevice", "--device", device, because(container.gpus.because))
    if container.privileged:
        yield Line("PodmanArgs", _words("--privileged"), because(container.privileged.because))
    for one in container.devices:
        yield _option("AddDevice", "--device", one.path, because(one.because))
    for capability in container.capabilities:
        yield _option("AddCapability", "--cap-add", capability.value, because(capability.because))
    for limit in container.limits:
        value = f"{limit.name}={limit.soft}:{limit.hard}"
        yield _option("Ulimit", "--ulimit", value, because(limit.because))


def _shares_ipc(container: Container) -> bool:
    """Tell whether the host's /dev/shm is seen inside: Podman refuses to start when a size is asked for as well."""
    return container.ipc is not None and container.ipc.value == "host"


def _health(plan: Plan, container: Container) -> Iterator[Line]:
    probes = {probe.kind: probe for probe in container.probes}
    probe = probes.get("readiness") or probes.get("liveness")
    if probe is None:
        return
    yield Line("HealthCmd", _health_command(probe), because(probe.because))
    yield Line("HealthInterval", _seconds(probe.period_s), "from one look to the next")
    yield Line("HealthTimeout", _seconds(probe.timeout_s), "for one look")
    yield Line("HealthRetries", Quoted(probe.failures), "looks in a row that fail until it counts as unhealthy")
    yield Line(
        "HealthStartPeriod", _seconds(longest_start_s(plan, container)), "a first start may take as long as this"
    )
    yield Line("Notify", Quoted("healthy"), "the service counts as started once it answers")


def _health_command(probe: Probe) -> Quoted:
    """Return the start script's look as a JSON list, which Podman runs without a shell."""
    words = json.dumps([*ENTRYPOINT, "look", *look(probe.fact)]).replace("\x7f", r"\u007f")
    return _on_its_line(words)


def _seconds(number: int) -> Quoted:
    return Quoted(f"{number}s")


# --- values ----------------------------------------------------------------------------------------------------------


def _option(key: str, flag: str, value: str, why: str = "") -> Line:
    """Return a key of Quadlet's, or the option itself where the value would not survive that key."""
    if _MEANS_ITSELF.fullmatch(value):
        return Line(key, Quoted(value), why)
    return Line("PodmanArgs", _words(flag, value), why)


def _words(*words: str) -> Quoted:
    """Return words of the command that the generator makes.

    Raises:
        ValueError: one holds U+0080, which the generator turns into a byte that is no character.
    """
    if any("\x80" in word for word in words):
        raise ValueError("the character U+0080 cannot be passed through Podman's generator")
    return command_words(words)


def _on_its_line(text: str) -> Quoted:
    """Return a value that the generator takes as it stands, up to the end of the line."""
    return Quoted(comment(text).replace("%", "%%").replace("$", "$$"))


def _mounts_needed(node: Node, container: Container) -> Iterator[Line]:
    """Yield the order after file systems that Quadlet derives from Mount=, for mounts that it does not see."""
    hidden = [mount for mount in mounts(node, container) if not _MEANS_ITSELF.fullmatch(mount_option(mount))]
    for mount in hidden:
        yield Line("RequiresMountsFor", path(mount.host), because(mount.because))
