"""Give each data parallel rank a container of its own, where the spec says `parallelism.data_mode: external`.

vLLM calls it external load balancing: every rank is an API server that is told its rank, and something in front of them
spreads the requests (vllm 0.21.0, vllm/engine/arg_utils.py, `--data-parallel-rank`). All ranks must come up together:
rank 0 waits 5 minutes for the others, then fails (vllm 0.21.0, vllm/v1/engine/core.py, HANDSHAKE_TIMEOUT_MINS); and
when one is lost, the others wait for it in their next all-reduce. So each holds a beacon, waits for all others before
its engine starts, and ends when one of them is gone.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from sparkc.plan import Condition, Container, HttpOk, Probe, Process, Setting, TcpOpen, Watch
from sparkc.resolve.beacon import FILE as BEACON
from sparkc.resolve.beacon import PORT as FIRST_BEACON_PORT
from sparkc.resolve.beacon import beacon
from sparkc.resolve.draft import Draft, HostDraft, decided
from sparkc.resolve.engines import words_of
from sparkc.resolve.executor import HEAD_TIMEOUT_S, JOIN_TIMEOUT_S, watch
from sparkc.resolve.facts import Facts, HostFacts

RPC_PORT = 29550
"""Where data parallel ranks meet on the first host (vllm 0.21.0, vllm/config/parallel.py, data_parallel_rpc_port)."""


@dataclass(frozen=True)
class Server:
    """One API server of a group.

    Args:
        rank: data parallel rank; 0 where one server holds all of them.
        host: its machine.
        place: among the servers of that machine, from 0.
        port: of its API.
    """

    rank: int
    host: HostFacts
    place: int
    port: int

    @property
    def beacon_port(self) -> int:
        """Return where the others see it."""
        return FIRST_BEACON_PORT + self.place


def servers(facts: Facts) -> tuple[Server, ...]:
    """Return the API servers of a group, in the order of their ranks."""
    first = facts.serving.port or words_of(facts).default_port
    if not facts.ranks_are_servers:
        return (Server(0, facts.head, 0, first),)
    each = facts.servers_per_host
    return tuple(
        Server(host.index * each + place, host, place, first + place) for host in facts.hosts for place in range(each)
    )


def rpc_port(facts: Facts) -> int:
    """Return the port on the first host where data parallel ranks meet."""
    return facts.parallelism.data_rpc_port or RPC_PORT


def decide_servers(draft: Draft) -> Draft:
    """Replace each host's one container by one for each of its data parallel ranks."""
    if not draft.facts.ranks_are_servers or draft.facts.data == 1:
        return draft
    return replace(draft, hosts=tuple(_of_host(draft, host) for host in draft.hosts))


def _of_host(draft: Draft, host: HostDraft) -> HostDraft:
    (model,) = host.containers
    own = [server for server in servers(draft.facts) if server.host.index == host.facts.index]
    return replace(host, containers=tuple(_container(draft, host, model, server) for server in own))


def _container(draft: Draft, host: HostDraft, model: Container, server: Server) -> Container:
    """Return the container of one rank, made after the one that would hold all ranks of the host."""
    name = f"{model.name}-dp{server.rank}"
    (engine,) = model.processes
    others = [other for other in servers(draft.facts) if other.rank != server.rank]
    seen = decided("servers", f"data parallel rank {server.rank} is seen here by the other ranks")
    return replace(
        model,
        name=name,
        start_script=f"start-{name}.sh",
        processes=(
            replace(beacon(host, server.beacon_port, seen), waits_for=engine.waits_for),
            _engine(draft, engine, server, others),
        ),
        environment=_environment(draft, host, model, server),
        watches=tuple(_watch(other) for other in others),
        probes=tuple(_probe(probe, server.port) for probe in model.probes),
        files=(*model.files, BEACON),
    )


def _engine(draft: Draft, engine: Process, server: Server, others: list[Server]) -> Process:
    facts = draft.facts
    arguments = {setting.key: setting for setting in (*engine.arguments, *_rank_arguments(draft, server))}
    size = facts.ranks_per_server
    return replace(
        engine,
        arguments=tuple(arguments.values()),
        waits_for=tuple(_wait(server, other) for other in others),
        ranks=tuple(range(server.rank * size, (server.rank + 1) * size)),
    )


def _rank_arguments(draft: Draft, server: Server) -> tuple[Setting, ...]:
    facts = draft.facts
    head = draft.hosts[0]
    address = head.fabric.address
    port = rpc_port(facts)
    place = f"rank {server.rank} of 0 to {facts.data - 1}, on {server.host.name}"
    return (
        Setting("--port", str(server.port), decided("servers", f"counted from serving.port: {place}")),
        Setting("--data-parallel-rank", str(server.rank), decided("servers", place)),
        Setting("--data-parallel-address", address, decided("servers", f"ranks meet on {head.facts.name}")),
        Setting(
            "--data-parallel-rpc-port",
            str(port),
            draft.reasons.why("parallelism", "data_rpc_port")
            if facts.parallelism.data_rpc_port
            else decided("servers", f"ranks meet at {address}:{port}"),
        ),
    )


def _environment(draft: Draft, host: HostDraft, model: Container, server: Server) -> tuple[Setting, ...]:
    """Return the variables of the container, with the slice of accelerators that this rank may take."""
    facts = draft.facts
    if facts.hardware is None:
        return model.environment
    name, size = facts.hardware.visible_devices, facts.ranks_per_server
    said = (host.facts.spec.env or {}).get(name)
    all_of_them = said.split(",") if isinstance(said, str) else [str(number) for number in range(facts.accelerators)]
    own = all_of_them[server.place * size : (server.place + 1) * size]
    why = f"{size} of {len(all_of_them)} accelerators for data parallel rank {server.rank}"
    variables = {setting.key: setting for setting in model.environment}
    variables[name] = Setting(name, ",".join(own), decided("servers", why))
    return tuple(variables.values())


def _wait(server: Server, other: Server) -> Condition:
    where = f"{other.host.address}:{other.beacon_port}"
    return Condition(
        TcpOpen(other.host.address, other.beacon_port),
        f"data parallel rank {other.rank} at {where}",
        JOIN_TIMEOUT_S if server.rank == 0 else HEAD_TIMEOUT_S,
        f"start rank {other.rank} on {other.host.name}, look at its log, and check that {where} answers from here",
        decided("servers", "ranks wait 5 minutes for each other, then fail; here the engine is not started yet"),
    )


def _watch(other: Server) -> Watch:
    return watch(other.host.address, other.beacon_port, f"data parallel rank {other.rank} on {other.host.name}")


def _probe(probe: Probe, port: int) -> Probe:
    assert isinstance(probe.fact, HttpOk)
    return replace(probe, fact=replace(probe.fact, port=port))
