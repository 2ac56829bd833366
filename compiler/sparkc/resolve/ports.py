"""Decide which ports are bound on each node, and who must reach them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from sparkc.plan import Port
from sparkc.resolve.beacon import PORT as BEACON_PORT
from sparkc.resolve.draft import Draft, HostDraft
from sparkc.resolve.engines import words_of
from sparkc.resolve.executor import NODE_MANAGER_PORT_OFFSET


def decide_ports(draft: Draft) -> Draft:
    """Fill in each host's `ports`: those whose numbers are known before the start."""
    return replace(draft, hosts=tuple(replace(host, ports=tuple(_ports(draft, host))) for host in draft.hosts))


def _ports(draft: Draft, host: HostDraft) -> Iterator[Port]:
    facts = draft.facts
    words = words_of(facts)
    is_head = host.facts.index == 0
    api = facts.serving.port or words.default_port
    if is_head:
        yield Port(api, "engine", "the OpenAI-compatible API", "clients")
    if facts.uses_ray:
        if is_head:
            yield Port(facts.ray_port, "raylet", "Ray's GCS", "peers" if facts.is_distributed else "local")
        if facts.is_distributed:
            yield Port(facts.ray_port + NODE_MANAGER_PORT_OFFSET, "raylet", "Ray's node manager", "peers")
    elif facts.spans_nodes_itself:
        yield Port(BEACON_PORT, "beacon", "where the other nodes see this one", "peers")
        if is_head:
            yield Port(words.rendezvous_port, "engine", "where ranks meet", "peers")
            for offset in words.shared_rank_ports if facts.shares_ranks else ():
                yield Port(words.rendezvous_port + offset, "engine", "messages of data parallel attention", "peers")
        elif words.followers_serve_health:
            yield Port(api, "engine", "the health of this node's ranks", "peers")
