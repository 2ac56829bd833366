"""Say to systemd when a container's service starts, how long that may take, and when it is started anew."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.plan import Container, Node, Plan, Step
from sparkc_targets.command import Part
from sparkc_targets.quadlet.names import target_of
from sparkc_targets.quoting import Quoted
from sparkc_targets.reason import because
from sparkc_targets.unitfile import Command, Line, name_part, names, plain

# The limits of the plan count inside the container; Podman itself takes some time around them.
PODMAN_S = 60
SIGTERM_STATUS = 128 + 15

# A start by systemd is also an `up`.
_AT_START = ("up", "every_start")


def unit(plan: Plan, node: Node, container: Container) -> Iterator[Line]:
    """Yield [Unit]: order and the limit of starts."""
    yield Line("Description", plain(f"{plan.title}: {container.name} on {node.name}"))
    yield Line("PartOf", names(target_of(plan)), "stopping the target stops this service")
    wanted = ("network-online.target", *_interface_device(node))
    yield Line("Wants", names(*wanted), "ranks meet over the network, and over the fabric where there is one")
    yield Line("After", names(*wanted), "the start script waits for the address itself, and says so")
    if container.restart.on_failure:
        starts = container.restart.attempts + 1
        yield Line("StartLimitBurst", Quoted(starts), because(container.restart.because))
        yield Line(
            "StartLimitIntervalSec",
            Quoted(starts * _longest_attempt_s(plan, container)),
            f"long enough for {starts} starts that fail at their very end; what has run longer may start anew again",
        )


def service(plan: Plan, node: Node, container: Container) -> Iterator[Line | Command]:
    """Yield [Service]: host steps, time limits, restart. systemd is the only supervisor; Podman restarts nothing."""
    for step in _steps(node, *_AT_START):
        yield _host_step("ExecStartPre", node, step)
    yield Line("TimeoutStartSec", Quoted(longest_start_s(plan, container) + PODMAN_S), "beyond a first start")
    yield from _stop(node, container)
    yield from _restart(container)
    yield Line("LogRateLimitIntervalSec", Quoted(0), "journald's default drops lines beyond 10000 in 30 s")


def _stop(node: Node, container: Container) -> Iterator[Line | Command]:
    after = tuple(_steps(node, "stop"))
    if after:
        # The generator's own command, which removes what is left, comes behind these.
        yield Command("ExecStop", (Part(("podman", "stop", "--ignore", container.name)),))
    for step in after:
        yield _host_step("ExecStop", node, step)
    yield Line("TimeoutStopSec", Quoted(container.stop_timeout_s + PODMAN_S), "beyond what the engine may take")
    yield Line("SuccessExitStatus", Quoted(SIGTERM_STATUS), "an engine that was asked to end ends so")


def _restart(container: Container) -> Iterator[Line]:
    restart = container.restart
    if not restart.on_failure:
        yield Line("Restart", Quoted("no"), because(restart.because))
        return
    yield Line("Restart", Quoted("on-failure"), because(restart.because))
    yield Line("RestartForceExitStatus", Quoted(SIGTERM_STATUS), "unless systemd asked, such an end is a failure")
    yield Line("RestartSec", Quoted(restart.pause_s), "memory of the last start comes back, and peers notice")


def install(plan: Plan) -> Iterator[Line]:
    """Yield [Install], which the generator itself applies."""
    yield Line("WantedBy", names(target_of(plan)), "a start of the target starts this service")


def longest_start_s(plan: Plan, container: Container) -> int:
    """Return the seconds until a start that succeeds has succeeded: everything it may wait for, then a first load."""
    waits = sum(condition.timeout_s for process in container.processes for condition in process.waits_for)
    return waits + plan.service.first_start_s


def users_steps(node: Node) -> Iterator[Line | Command]:
    """Yield what [Service] says instead in a unit of the login user's: its systemd gives no step root's powers."""
    yield Line("ExecStartPre", Quoted(""), "steps that need root do not run before a start of a user's unit")
    for step in _steps(node, *_AT_START):
        if not step.as_root:
            yield Command("ExecStartPre", (Part(step.argv),), why=because(step.because))


def _longest_attempt_s(plan: Plan, container: Container) -> int:
    """Return the seconds from one start to the next, when the first fails as late as it can."""
    start = longest_start_s(plan, container) + PODMAN_S
    return start + container.stop_timeout_s + PODMAN_S + container.restart.pause_s


def _steps(node: Node, *triggers: str) -> Iterator[Step]:
    return (step for step in node.steps if step.trigger in triggers)


def _host_step(key: str, node: Node, step: Step) -> Command:
    """Return a step as a command of a unit of the system's: `+` gives it all of root's powers."""
    if step.as_root:
        return Command(key, (Part(step.argv),), "+", because(step.because))
    return Command(key, (Part(("runuser", "--user", node.user, "--", *step.argv)),), why=because(step.because))


def _interface_device(node: Node) -> tuple[str, ...]:
    """Return systemd's unit for the interface that peers are met on."""
    interface = node.fabric.interface
    return (f"sys-subsystem-net-devices-{name_part(interface)}.device",) if interface else ()
