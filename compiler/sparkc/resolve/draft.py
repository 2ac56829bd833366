"""The Plan while it is being decided: each pass fills in its part and hands on a new draft."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sparkc.findings import KeyPath
from sparkc.plan import (
    Because,
    Container,
    Device,
    Fabric,
    Figure,
    Limit,
    Marker,
    Mount,
    Need,
    NodeMemory,
    Option,
    Origin,
    Port,
    Process,
    Reservation,
    Secret,
    Service,
    Setting,
    Step,
    Trouble,
    Watch,
    Weights,
)
from sparkc.resolve.facts import Facts, HostFacts
from sparkc.resolve.proposals import layer_of
from sparkc.source.document import Document


@dataclass(frozen=True)
class Reasons:
    """Why a key of the settled spec has its value: a rule proposed it, or the author said it.

    Args:
        document: settled: its layers tell which values are a rule's and which the author's.
    """

    document: Document
    proposed: Mapping[KeyPath, Because]

    def why(self, *key: str | int) -> Because:
        """Return the reason for one key of the spec."""
        layer = self.document.layer(key)
        # A proposal may speak of one key inside a map that is asked for as a whole.
        for proposed, because in self.proposed.items():
            if proposed[: len(key)] == key and layer == layer_of(because.layer):
                return because
        where = ".".join(map(str, key))
        return Because(Origin.SPEC, layer, where, f"said in {layer}")


def decided(by: str, reason: str, link: str | None = None, where: str = "") -> Because:
    """Return the reason for something that a pass derives from other settings."""
    return Because(Origin.PASS, by, where, reason, link)


def looked_up(catalog: str, reason: str, link: str | None = None) -> Because:
    """Return the reason for something that stands in a catalog."""
    return Because(Origin.CATALOG, catalog, "", reason, link)


@dataclass(frozen=True)
class Variables:
    """The variables of one host, by the process that reads them.

    Args:
        shared: of the whole container: engine, workers and everything that they start.
        raylet: only for `ray start`, which reads Ray's own settings.
        driver: only for the process that serves.
        prepended: put before what the image holds.
        secrets: read from files on the node.
    """

    shared: tuple[Setting, ...] = ()
    raylet: tuple[Setting, ...] = ()
    driver: tuple[Setting, ...] = ()
    prepended: tuple[Setting, ...] = ()
    secrets: tuple[Secret, ...] = ()


@dataclass(frozen=True)
class HostDraft:
    """One machine while its part of the Plan is being decided."""

    facts: HostFacts
    reasons: Reasons
    install_dir: str
    cache_dir: str
    fabric: Fabric
    reservations: tuple[Reservation, ...] = ()
    memory: NodeMemory | None = None
    variables: Variables = Variables()
    mounts: tuple[Mount, ...] = ()
    weights: tuple[Weights, ...] = ()
    devices: tuple[Device, ...] = ()
    limits: tuple[Limit, ...] = ()
    capabilities: tuple[Option, ...] = ()
    processes: tuple[Process, ...] = ()
    watches: tuple[Watch, ...] = ()
    containers: tuple[Container, ...] = ()
    steps: tuple[Step, ...] = ()
    ports: tuple[Port, ...] = ()


@dataclass(frozen=True)
class Draft:
    """The whole deployment while it is being decided."""

    facts: Facts
    reasons: Reasons
    hosts: tuple[HostDraft, ...]
    arguments: tuple[Setting, ...] = ()
    service: Service | None = None
    bench: Process | None = None
    markers: tuple[Marker, ...] = ()
    figures: tuple[Figure, ...] = ()
    troubles: tuple[Trouble, ...] = ()
    needs: tuple[tuple[Need, Because], ...] = field(default=())
