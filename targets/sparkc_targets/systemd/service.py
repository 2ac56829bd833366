"""Write the unit that runs one container."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.plan import Container, Node, Plan, Probe
from sparkc_targets.command import Part
from sparkc_targets.node.docker_run import docker_options
from sparkc_targets.node.looks import look
from sparkc_targets.node.mounts import ENTRYPOINT
from sparkc_targets.reason import because
from sparkc_targets.systemd.header import header
from sparkc_targets.systemd.names import device_name, target_name
from sparkc_targets.systemd.scope import Scope
from sparkc_targets.systemd.steps import start_steps, stop_steps
from sparkc_targets.unitfile import Command, Line, Section, names, path, plain, unit_file, word

# The limits of the plan count inside the container; Docker itself takes some time around them.
DOCKER_S = 60
SIGTERM_STATUS = 128 + 15


def service(plan: Plan, node: Node, container: Container, scope: Scope) -> str:
    """Return the service. systemd starts, restarts and ends the container; `docker run` stays in the foreground."""
    return unit_file(
        header(plan, node, scope, f"the container {container.name}"),
        (
            Section("Unit", tuple(_unit(plan, node, container, scope))),
            Section("Service", tuple(_service(plan, node, container, scope))),
        ),
    )


# --- what must be there first ----------------------------------------------------------------------------------------


def _unit(plan: Plan, node: Node, container: Container, scope: Scope) -> Iterator[Line]:
    yield Line("Description", plain(f"sparkc: {container.name} on {node.name}"))
    yield Line("PartOf", names(target_name(plan)), "stopping the target stops this too")
    if scope is Scope.SYSTEM:
        yield from _order(node)
        yield from _mounted(node, container)
    if container.restart.on_failure:
        starts = container.restart.attempts + 1
        yield Line("StartLimitBurst", word(starts), because(container.restart.because))
        yield Line(
            "StartLimitIntervalSec",
            word(starts * (_start_limit(plan, container) + _stop_limit(container) + container.restart.pause_s)),
            f"long enough for {starts} starts that fail at their very end; what has run longer may start anew again",
        )


def _order(node: Node) -> Iterator[Line]:
    """Yield what is waited for. A user's manager knows none of these; unit.sh waits for docker there."""
    wanted = ["network-online.target"]
    why = "addresses are there"
    if node.fabric.interface:
        wanted.append(device_name(node.fabric.interface))
        why += (
            f", and {node.fabric.interface} is. Not BindsTo: the start script waits for it and says so, and its"
            " watches judge a loss"
        )
    yield Line("Wants", names(*wanted), why)
    yield Line(
        "Requires",
        names("docker.service"),
        "a restart of docker restarts this. Not BindsTo: a crash of docker would end it for good",
    )
    yield Line("After", names("docker.service", *wanted), "all of them come first")


def _mounted(node: Node, container: Container) -> Iterator[Line]:
    whys = {path(node.install_dir): "the disk of the install folder is mounted first, and so are those of the mounts"}
    for mount in container.mounts:
        whys.setdefault(path(mount.host), because(mount.because))
    for folder, why in whys.items():
        yield Line("RequiresMountsFor", folder, why)


# --- what is run -----------------------------------------------------------------------------------------------------


def _service(plan: Plan, node: Node, container: Container, scope: Scope) -> Iterator[Line | Command]:
    yield Line("Type", word("exec"), "a start counts once docker runs, and ExecStartPost= has seen an answer")
    if scope is Scope.SYSTEM:
        yield from _login(node)
    yield from _log(container)
    yield from start_steps(node, scope)
    yield _unit_script("ExecStartPre", node, ("clear", container.name), "the container of an earlier start goes")
    yield Command(
        "ExecStart",
        tuple(_docker_run(plan, node, container)),
        why="not --detach: systemd watches this process; not --rm: docker inspect tells more of a crash than its log,"
        " and unit.sh removes the container",
    )
    probe = _probe(container)
    if probe is not None:
        yield _ready(node, container, probe)
    yield Line(
        "TimeoutStartSec",
        word(_start_limit(plan, container)),
        f"a first start takes up to {plan.service.first_start_s} s; the rest is for what the start script waits for",
    )
    yield from _stop(node, container, scope)
    yield from _restart(container)


def _login(node: Node) -> Iterator[Line]:
    yield Line("User", word(node.user), "who owns the install folder; root runs no file that this login can change")
    if node.user != "root":
        yield Line("SupplementaryGroups", word("docker"), "docker's socket, whether or not the login is in the group")
        yield Line("RemoveIPC", word("no"), "the end of one unit leaves the shared memory of others alone")


def _log(container: Container) -> Iterator[Line]:
    yield Line("SyslogIdentifier", word(container.name), "the journal keeps and rotates what the container writes")
    yield Line("LogRateLimitIntervalSec", word(0), "journald's default drops lines beyond 10000 in 30 s")


def _docker_run(plan: Plan, node: Node, container: Container) -> Iterator[Part]:
    yield Part(("docker", "run"))
    restart = Part(("--restart", "no"), "systemd starts it anew; a second owner would do so too")
    yield from docker_options(plan, node, container, restart)
    yield Part(("--", container.image.name), because(container.image.because))
    yield Part(ENTRYPOINT[1:])


def _probe(container: Container) -> Probe | None:
    """Return how to see that the container serves; None for one that nobody can ask."""
    kinds = {probe.kind: probe for probe in reversed(container.probes)}
    return kinds.get("startup") or kinds.get("readiness")


def _ready(node: Node, container: Container, probe: Probe) -> Command:
    # The time limit stands in the container: docker exec, when it is ended, leaves its command running there.
    asked = ("docker", "exec", container.name, "timeout", str(probe.timeout_s), *ENTRYPOINT, "look", *look(probe.fact))
    words = ("ready", container.name, str(probe.period_s), *asked)
    return _unit_script("ExecStartPost", node, words, because(probe.because))


def _unit_script(key: str, node: Node, words: tuple[str, ...], why: str) -> Command:
    return Command(key, (Part(("/bin/bash", "-p", f"{node.install_dir}/unit.sh", *words)),), why=why)


# --- how it ends, and starts anew ------------------------------------------------------------------------------------


def _stop(node: Node, container: Container, scope: Scope) -> Iterator[Line | Command]:
    grace = container.stop_timeout_s
    yield Command("ExecStop", (Part(("docker", "stop", container.name)),), why=f"SIGTERM, and SIGKILL after {grace} s")
    yield from stop_steps(node, scope)
    yield _unit_script("ExecStopPost", node, ("after", container.name), "nothing keeps running; what crashed is kept")
    yield Line("TimeoutStopSec", word(_stop_limit(container)), f"{grace} s for the engine, {DOCKER_S} s for docker")
    yield Line("KillMode", word("mixed"), "docker run hands SIGTERM on to the container; the others end with it")
    yield Line("SuccessExitStatus", word(SIGTERM_STATUS), "an engine that was asked to end ends so")


def _restart(container: Container) -> Iterator[Line]:
    restart = container.restart
    if not restart.on_failure:
        yield Line("Restart", word("no"), because(restart.because))
        return
    yield Line("Restart", word("on-failure"), because(restart.because))
    yield Line("RestartForceExitStatus", word(SIGTERM_STATUS), "unless systemd asked, such an end is a failure")
    yield Line("RestartSec", word(restart.pause_s), "memory of the last start comes back, and peers notice")


def _start_limit(plan: Plan, container: Container) -> int:
    """Return the seconds that one command of a start may take."""
    waits = sum(condition.timeout_s for process in container.processes for condition in process.waits_for)
    return plan.service.first_start_s + waits + DOCKER_S


def _stop_limit(container: Container) -> int:
    return container.stop_timeout_s + DOCKER_S
