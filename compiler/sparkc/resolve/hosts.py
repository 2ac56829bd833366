"""Begin a draft: the machines, their folders and their place on the fabric."""

from __future__ import annotations

from sparkc.plan import Fabric, Reservation
from sparkc.resolve.draft import Draft, HostDraft, Reasons
from sparkc.resolve.facts import Facts, HostFacts
from sparkc.resolve.proposals import Settled


def draft_of(facts: Facts, settled: Settled) -> Draft:
    """Return a draft that knows its hosts and nothing else yet."""
    return Draft(
        facts=facts,
        reasons=Reasons(settled.under(facts.document), settled.reasons),
        hosts=tuple(_host(facts, host, settled) for host in facts.hosts),
    )


def _host(facts: Facts, host: HostFacts, settled: Settled) -> HostDraft:
    slug = facts.name if facts.variant is None else f"{facts.name}/{facts.variant}"
    return HostDraft(
        facts=host,
        reasons=Reasons(host.document, settled.reasons),
        install_dir=host.on_node(facts.nodes.install_dir or f"~/sparkc/{slug}"),
        cache_dir=host.on_node(facts.nodes.cache_dir or "~/.cache"),
        fabric=_fabric(facts, host),
        reservations=tuple(
            Reservation(entry.name, entry.memory or 0, entry.ports or ()) for entry in host.host.reserved or ()
        ),
    )


def _fabric(facts: Facts, host: HostFacts) -> Fabric:
    interconnect = host.interconnect
    port = facts.hardware.port(interconnect.interface) if facts.hardware and interconnect.interface else None
    return Fabric(
        kind=(interconnect.kind or "tcp") if facts.talks_to_peers else "none",
        interface=interconnect.interface,
        address=host.address,
        hcas=interconnect.hca or (),
        mtu=interconnect.mtu,
        speed_gbps=interconnect.speed or (port.speed_gbps if port else None),
    )
