"""Decide the processes: what starts where, what it waits for, and what it watches."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from sparkc.plan import (
    Condition,
    InterfaceUp,
    MemoryAvailable,
    Process,
    RayNodes,
    Setting,
    TcpOpen,
    Watch,
)
from sparkc.resolve.beacon import PORT as BEACON_PORT
from sparkc.resolve.beacon import beacon
from sparkc.resolve.draft import Draft, HostDraft, decided
from sparkc.resolve.engines import words_of
from sparkc.resolve.engines.values import word
from sparkc.resolve.facts import Facts
from sparkc.spec.sizes import in_gib

NODE_MANAGER_PORT_OFFSET = 1
"""The raylet's node manager listens right above the GCS, on a port that peers can know; Ray itself would pick any."""

HEAD_ONLY_RAY_FLAGS = ("--port", "--redis-shard-ports", "--include-dashboard")
"""What `ray start` refuses on a node that joins (ray 2.54.0, python/ray/scripts/scripts.py, head_only_flags)."""

# A node that boots with the others is up within minutes; an operator who forgot one wants to hear of it before lunch.
JOIN_TIMEOUT_S = 900
# The worker stays and keeps trying: the head may be reloading for 25 minutes in a restart of its own.
HEAD_TIMEOUT_S = 3600
INTERFACE_TIMEOUT_S = 300
# Freed memory comes back late after a container ends; three minutes were enough on GB10
# (NNNtrance/GLM-5.3-Flash-NVFP4-TP3-3x-DGX-Spark, docs/10).
MEMORY_TIMEOUT_S = 180
WATCH_PERIOD_S = 10
WATCH_MISSES = 6


def decide_processes(draft: Draft) -> Draft:
    """Fill in each host's `processes` and `watches` for the executor that carries the ranks."""
    return replace(draft, hosts=tuple(_of_host(draft, host) for host in draft.hosts))


def _of_host(draft: Draft, host: HostDraft) -> HostDraft:
    facts = draft.facts
    if facts.uses_ray:
        processes = _ray_head(draft, host) if host.facts.index == 0 else _ray_worker(draft, host)
        watches = tuple(_ray_watches(draft, host))
    elif facts.spans_nodes_itself:
        without = (
            "its engine answers only once it is ready"
            if words_of(facts).followers_serve_health or host.facts.index == 0
            else "its ranks listen nowhere"
        )
        seen = decided("beacon", f"{host.facts.name} is seen here by the others: {without}")
        processes = (beacon(host, BEACON_PORT, seen), _engine(draft, host, tuple(_peers_are_there(draft, host))))
        watches = tuple(_mp_watches(draft, host))
    else:
        processes = (_engine(draft, host, ()),)
        watches = ()
    gated = (replace(processes[0], waits_for=(*_gates(draft, host), *processes[0].waits_for)), *processes[1:])
    return replace(host, processes=gated, watches=watches)


def _gates(draft: Draft, host: HostDraft) -> Iterator[Condition]:
    """Yield what must hold before anything starts in a container, whoever restarted it."""
    fabric = host.fabric
    if draft.facts.talks_to_peers and fabric.interface is not None:
        yield Condition(
            InterfaceUp(fabric.interface, fabric.address),
            f"interface {fabric.interface} with {fabric.address}",
            INTERFACE_TIMEOUT_S,
            f"check the cable and the address of {fabric.interface}: ip address show dev {fabric.interface}",
            decided("executor", "without it sockets bind somewhere else and ranks hang"),
        )
    needed = host.memory.needed_free if host.memory else None
    if needed is not None:
        yield Condition(
            MemoryAvailable(needed),
            f"{in_gib(needed)} of available memory",
            MEMORY_TIMEOUT_S,
            "drop the page cache and look for left-over engine processes; "
            "if no process owns the memory, reboot this node",
            decided(
                "memory", f"the engine asks for {in_gib(needed)} at its start and loads for minutes before it fails"
            ),
        )


# --- Ray -------------------------------------------------------------------------------------------------------------


def _ray_head(draft: Draft, host: HostDraft) -> tuple[Process, ...]:
    facts = draft.facts
    size = len(facts.hosts)
    raylet = Process(
        name="raylet",
        role="raylet",
        program=("ray", "start"),
        operands=(),
        arguments=tuple(_ray_arguments(draft, host)),
        environment=host.variables.raylet,
        waits_for=(),
        foreground=False,
    )
    if not facts.is_distributed:
        return (raylet, _engine(draft, host, ()))
    all_nodes = Condition(
        RayNodes(size, facts.world_size),
        f"{size} Ray nodes with {facts.world_size} GPUs",
        JOIN_TIMEOUT_S,
        "look at the workers: `launch.sh status`, then their logs; a worker that cannot reach "
        f"{host.fabric.address}:{facts.ray_port} never joins",
        decided(
            "executor",
            f"vLLM places {facts.world_size} ranks when it starts; with a node missing it waits, then fails",
            "https://al-engr.com/minimax-m2.7-dual-spark.html",
        ),
    )
    return (raylet, _engine(draft, host, (all_nodes,)))


def _ray_worker(draft: Draft, host: HostDraft) -> tuple[Process, ...]:
    facts = draft.facts
    head = draft.hosts[0].fabric.address
    return (
        Process(
            name="raylet",
            role="raylet",
            program=("ray", "start"),
            operands=(),
            arguments=tuple(_ray_arguments(draft, host)),
            environment=host.variables.raylet,
            waits_for=(
                Condition(
                    TcpOpen(head, facts.ray_port),
                    f"the Ray head at {head}:{facts.ray_port}",
                    HEAD_TIMEOUT_S,
                    f"start the head, and check that {head} answers from here",
                    decided("executor", "workers may start first: they wait until the head listens"),
                ),
            ),
            foreground=True,
            ranks=_ranks(facts, host),
        ),
    )


def _ray_arguments(draft: Draft, host: HostDraft) -> Iterator[Setting]:
    facts = draft.facts
    head = draft.hosts[0].fabric.address
    settings: dict[str, Setting] = {setting.key: setting for setting in _ray_defaults(draft, host, head)}
    for name, value in (facts.ray.args or {}).items():
        flag = f"--{name}"
        why = draft.reasons.why("engine", "ray", "args", name)
        if host.facts.index > 0 and flag in HEAD_ONLY_RAY_FLAGS:
            continue
        settings.pop(flag, None)
        if value is True:
            settings[flag] = Setting(flag, None, why)
        elif value is not None:
            settings[flag] = Setting(flag, word(value), why)
    return iter(settings.values())


def _ray_defaults(draft: Draft, host: HostDraft, head: str) -> Iterator[Setting]:
    facts = draft.facts
    if host.facts.index == 0:
        yield Setting("--head", None, decided("executor", f"{host.facts.name} is the first host"))
        yield Setting(
            "--port",
            str(facts.ray_port),
            draft.reasons.why("engine", "ray", "port")
            if facts.ray.port
            else decided("executor", f"workers dial {head}:{facts.ray_port}"),
        )
    else:
        yield Setting(
            "--address",
            f"{head}:{facts.ray_port}",
            decided("executor", f"the head, {draft.hosts[0].facts.name}, on the fabric"),
        )
    yield Setting(
        "--node-ip-address",
        host.fabric.address,
        decided("executor", "the fabric's address; Ray would otherwise advertise any interface"),
    )
    if facts.is_distributed:
        port = facts.ray_port + NODE_MANAGER_PORT_OFFSET
        yield Setting(
            "--node-manager-port", str(port), decided("executor", f"fixed to {port}, so that peers can watch this node")
        )
    yield Setting(
        "--num-gpus", str(facts.accelerators), decided("executor", f"{facts.accelerators} accelerator in this machine")
    )
    cap = facts.ray.object_store_memory
    if isinstance(cap, int):
        yield Setting("--object-store-memory", str(cap), draft.reasons.why("engine", "ray", "object_store_memory"))
    yield Setting("--disable-usage-stats", None, decided("executor", "a launch sends nothing to the outside"))
    if host.facts.index > 0:
        yield Setting(
            "--block",
            None,
            decided("executor", "the container lives as long as its raylet, and ends when the head is lost"),
        )


def _ray_watches(draft: Draft, host: HostDraft) -> Iterator[Watch]:
    facts = draft.facts
    if host.facts.index == 0:
        yield watch(host.fabric.address, facts.ray_port, "this node's own Ray GCS")
        for peer in draft.hosts[1:]:
            port = facts.ray_port + NODE_MANAGER_PORT_OFFSET
            yield watch(peer.fabric.address, port, f"the raylet of {peer.facts.name}")
    else:
        head = draft.hosts[0]
        yield watch(head.fabric.address, facts.ray_port, f"the Ray head on {head.facts.name}")


# --- the engine's own multi-node mode --------------------------------------------------------------------------------


def _peers(draft: Draft, host: HostDraft) -> tuple[HostDraft, ...]:
    """Return whom a host looks at: the head at all others, and they at the head."""
    return draft.hosts[1:] if host.facts.index == 0 else draft.hosts[:1]


def _peers_are_there(draft: Draft, host: HostDraft) -> Iterator[Condition]:
    limit = JOIN_TIMEOUT_S if host.facts.index == 0 else HEAD_TIMEOUT_S
    for peer in _peers(draft, host):
        address, name = peer.fabric.address, peer.facts.name
        yield Condition(
            TcpOpen(address, BEACON_PORT),
            f"{name} at {address}:{BEACON_PORT}",
            limit,
            f"start {name}, look at its log, and check that {address} answers from here",
            decided("executor", "ranks wait 10 minutes for each other, then fail; here the engine is not started yet"),
        )


def _mp_watches(draft: Draft, host: HostDraft) -> Iterator[Watch]:
    for peer in _peers(draft, host):
        yield watch(peer.fabric.address, BEACON_PORT, f"the engine on {peer.facts.name}")


# --- both ------------------------------------------------------------------------------------------------------------


def _engine(draft: Draft, host: HostDraft, waits_for: tuple[Condition, ...]) -> Process:
    facts = draft.facts
    words = words_of(facts)
    # What differs per node comes last and wins.
    arguments = {
        setting.key: setting
        for setting in (
            *((_model(draft, host),) if words.model_flag else ()),
            *draft.arguments,
            *(words.node_arguments(draft, host) if facts.spans_nodes_itself else ()),
            *_key_file(draft, host),
        )
    }
    return Process(
        name="engine",
        role="headless" if facts.spans_nodes_itself and host.facts.index > 0 else "driver",
        program=words.program,
        operands=() if words.model_flag else (_model(draft, host),),
        arguments=tuple(arguments.values()),
        environment=(*_driver_variables(draft, host), *host.variables.driver),
        waits_for=waits_for,
        foreground=True,
        ranks=_ranks(facts, host),
        ready_line=words.ready_line if facts.has_server(host.facts) else None,
    )


def _model(draft: Draft, host: HostDraft) -> Setting:
    model = draft.facts.model
    return Setting(
        words_of(draft.facts).model_flag or "model",
        host.facts.on_node(model.path) if model.path else model.id or "",
        draft.reasons.why("model", "path") if model.path else draft.reasons.why("model", "id"),
    )


def _key_file(draft: Draft, host: HostDraft) -> Iterator[Setting]:
    file = words_of(draft.facts).api_key.file
    if file is not None and draft.facts.serving.api_key is not None and draft.facts.has_server(host.facts):
        yield Setting(
            *file, decided("executor", "the start script writes the API key there; a flag would show in `ps`")
        )


def _driver_variables(draft: Draft, host: HostDraft) -> Iterator[Setting]:
    facts = draft.facts
    if facts.uses_ray and "RAY_ADDRESS" not in (facts.spec.env or {}):
        yield Setting(
            "RAY_ADDRESS",
            f"{host.fabric.address}:{facts.ray_port}",
            decided("executor", "the driver is a full member of this cluster and never starts one of its own"),
        )


def _ranks(facts: Facts, host: HostDraft) -> tuple[int, ...]:
    per_node = max(1, facts.world_size // len(facts.hosts))
    first = host.facts.index * per_node
    return tuple(range(first, first + per_node))


def watch(address: str, port: int, what: str) -> Watch:
    """Return the watch on a peer: when it is gone, the whole group starts anew."""
    seconds = WATCH_PERIOD_S * WATCH_MISSES
    return Watch(
        fact=TcpOpen(address, port),
        says=what,
        period_s=WATCH_PERIOD_S,
        misses=WATCH_MISSES,
        because=decided("executor", f"a rank that is gone for {seconds} s does not come back: the group starts anew"),
    )
