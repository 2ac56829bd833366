"""Decide which ports are bound on each node, and who must reach them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from sparkc.plan import Port
from sparkc.resolve.beacon import PORT as BEACON_PORT
from sparkc.resolve.draft import Draft, HostDraft
from sparkc.resolve.engines import words_of
from sparkc.resolve.executor import NODE_MANAGER_PORT_OFFSET
from sparkc.resolve.facts import Facts
from sparkc.resolve.proxy import has_proxy, proxy_address
from sparkc.resolve.servers import rpc_port, servers

EXECUTOR = ("engine", "executor")
RAY = ("engine", "ray", "port")


def decide_ports(draft: Draft) -> Draft:
    """Fill in each host's `ports`: those whose numbers are known before the start."""
    return replace(draft, hosts=tuple(replace(host, ports=tuple(_ports(draft, host))) for host in draft.hosts))


def _ports(draft: Draft, host: HostDraft) -> Iterator[Port]:
    facts = draft.facts
    yield from _servers(facts, host)
    if facts.uses_ray:
        yield from _ray(facts, host)
    elif facts.spans_nodes_itself:
        yield from _ranks_over_nodes(facts, host)
    if facts.side is not None:
        yield from _kv_transfer(facts, host)
    if has_proxy(facts, host):
        says = "the OpenAI-compatible API, over prefill and decode"
        yield Port(proxy_address(facts).port, "proxy", says, "clients", ("roles", "proxy", "port"))


def _servers(facts: Facts, host: HostDraft) -> Iterator[Port]:
    own = [server for server in servers(facts) if server.host.index == host.facts.index]
    for server in own:
        says = "the OpenAI-compatible API"
        if facts.ranks_are_servers:
            says += f" of data parallel rank {server.rank}"
        yield Port(server.port, "engine", says, "clients" if facts.side is None else "peers", ("serving", "port"))
    if facts.ranks_are_servers and facts.data > 1:
        for server in own:
            says = f"where the other ranks see rank {server.rank}"
            yield Port(server.beacon_port, "beacon", says, "peers", ("parallelism", "data_mode"))
        if host.facts.index == 0:
            key = ("parallelism", "data_rpc_port")
            yield Port(rpc_port(facts), "engine", "where data parallel ranks meet", "peers", key)


def _ray(facts: Facts, host: HostDraft) -> Iterator[Port]:
    if host.facts.index == 0:
        yield Port(facts.ray_port, "raylet", "Ray's GCS", "peers" if facts.is_distributed else "local", RAY)
    if facts.is_distributed:
        yield Port(facts.ray_port + NODE_MANAGER_PORT_OFFSET, "raylet", "Ray's node manager", "peers", RAY)


def _ranks_over_nodes(facts: Facts, host: HostDraft) -> Iterator[Port]:
    words = words_of(facts)
    yield Port(BEACON_PORT, "beacon", "where the other nodes see this one", "peers", EXECUTOR)
    if host.facts.index == 0:
        yield Port(words.rendezvous_port, "engine", "where ranks meet", "peers", EXECUTOR)
        for offset in words.shared_rank_ports if facts.shares_ranks else ():
            number = words.rendezvous_port + offset
            yield Port(number, "engine", "messages of data parallel attention", "peers", EXECUTOR)
    elif words.followers_serve_health:
        api = facts.serving.port or words.default_port
        yield Port(api, "engine", "the health of this node's ranks", "peers", ("serving", "port"))


def _kv_transfer(facts: Facts, host: HostDraft) -> Iterator[Port]:
    """Yield one port for each rank of a side on this machine, counted over all machines of the side.

    Source: vllm-ascend 0.21.0rc1, vllm_ascend/distributed/kv_transfer/kv_p2p/mooncake_connector.py: kv_port, and for
    each data parallel rank before this one as many as it has ranks, and this rank's own place.
    """
    each = facts.world_size // len(facts.hosts)
    first = facts.kv_port + host.facts.index * each
    for number in range(first, first + each):
        key = ("kv_transfer", "ports", facts.side or "")
        yield Port(number, "engine", "KV cache transfer", "peers", key)
