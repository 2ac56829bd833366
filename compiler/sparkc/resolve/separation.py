"""Cut a spec with separate prefill and decode into its groups of ranks; any other spec is one group.

Each group becomes a document of its own: the spec with the keys of the side laid over it, and only its hosts. Spans
stay those of the author's text, so everything that reads a document works for a side as it does for a whole spec.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from sparkc.findings import Finding, KeyPath, Severity
from sparkc.source.document import Document, with_overlay
from sparkc.source.node import Entry, Mapping, Sequence
from sparkc.source.spelling import nearest
from sparkc.spec import Roles, SideRole, Spec

SideName = Literal["prefill", "decode"]

SIDES: tuple[SideName, ...] = ("prefill", "decode")
"""In the order in which a request passes them; a side's place here is its engine id."""

SIDE_KEYS = ("model", "parallelism", "serving", "args", "env", "container")
"""What a side may say differently; the keys of the same names at the top of a spec."""

HOSTS: KeyPath = ("nodes", "hosts")


@dataclass(frozen=True)
class Group:
    """Ranks that serve together.

    Args:
        side: which part of a separated launch it is; None where one group does everything.
        document: the spec as it holds for the group.
        hosts: index in the spec of each of its hosts.
    """

    side: SideName | None
    document: Document
    hosts: tuple[int, ...]

    def key_in_spec(self, key: KeyPath) -> KeyPath:
        """Return where a key of the group's document stands in the spec."""
        if self.side is None:
            return key
        if key[:2] == HOSTS and len(key) > 2:
            index = key[2]
            assert isinstance(index, int)
            return (*HOSTS, self.hosts[index], *key[3:])
        is_own = self.document.get(key) is not None and self.document.layer(key) == layer_of(self.side)
        return ("roles", self.side, *key) if is_own else key


def layer_of(side: SideName) -> str:
    """Return the layer that the values of a side have."""
    return f"role {side}"


def is_separated(spec: Spec) -> bool:
    """Tell whether a spec says anything about prefill and decode apart."""
    roles = spec.roles or Roles()
    return any(part is not None for part in (roles.prefill, roles.decode, roles.proxy, spec.kv_transfer))


def groups_of(document: Document, spec: Spec) -> tuple[Group, ...]:
    """Return the groups of a spec against which `separation_troubles` found nothing."""
    names = [host.name for host in (spec.nodes.hosts if spec.nodes else None) or ()]
    if not is_separated(spec):
        return (Group(None, document, tuple(range(len(names)))),)
    return tuple(_group(document, side, _hosts_of(spec, side), names) for side in SIDES)


def _group(document: Document, side: SideName, wanted: tuple[str, ...], names: list[str]) -> Group:
    hosts = tuple(names.index(name) for name in wanted)
    own = with_overlay(document, ("roles", side), SIDE_KEYS, layer_of(side))
    return Group(side, _with_hosts(own, hosts), hosts)


def _with_hosts(document: Document, indices: tuple[int, ...]) -> Document:
    nodes, hosts = document.get(HOSTS[:1]), document.get(HOSTS)
    assert isinstance(nodes, Mapping)
    assert isinstance(hosts, Sequence)
    chosen = replace(hosts, items=tuple(hosts.items[index] for index in indices))
    return Document(_with(document.root, "nodes", _with(nodes, "hosts", chosen)))


def _with(mapping: Mapping, key: str, value: Mapping | Sequence) -> Mapping:
    """Return the mapping with another value at a key that it has."""
    return replace(
        mapping,
        entries=tuple(
            Entry(entry.key, entry.key_span, value) if entry.key == key else entry for entry in mapping.entries
        ),
    )


def _hosts_of(spec: Spec, side: SideName) -> tuple[str, ...]:
    role = _role(spec, side)
    return (role.hosts if role else None) or ()


def _role(spec: Spec, side: SideName) -> SideRole | None:
    roles = spec.roles or Roles()
    return roles.prefill if side == "prefill" else roles.decode


# --- what does not make a separation ---------------------------------------------------------------------------------


def separation_troubles(document: Document, spec: Spec) -> list[Finding]:
    """Report what stands in the way of cutting the spec: a part that is missing, a host that is not there or twice."""
    if not is_separated(spec):
        return []
    missing = list(_missing(spec))
    found = missing or [*_hosts_that_do_not_fit(spec), *_proxy_that_does_not_fit(spec), *_engine_that_cannot(spec)]
    return [
        Finding(rule, Severity.ERROR, message, document.span(key), key, help=way_out)
        for rule, key, message, way_out in found
    ]


_Trouble = tuple[str, KeyPath, str, str]


def _missing(spec: Spec) -> Iterator[_Trouble]:
    roles = spec.roles or Roles()
    kv_transfer = spec.kv_transfer
    because = {
        ("roles", "prefill"): "nothing computes the prompts: wanted the hosts that do",
        ("roles", "decode"): "the proxy has no decoders: wanted the hosts that write the answers",
        ("roles", "proxy"): "nothing leads a request through both sides: wanted the proxy that clients talk to",
        ("kv_transfer", "connector"): "nothing hands the KV cache over: wanted a connector",
    }
    there = {
        ("roles", "prefill"): roles.prefill is not None and roles.prefill.hosts,
        ("roles", "decode"): roles.decode is not None and roles.decode.hosts,
        ("roles", "proxy"): roles.proxy is not None and roles.proxy.host,
        ("kv_transfer", "connector"): kv_transfer is not None and kv_transfer.connector,
    }
    examples = {
        ("roles", "prefill"): "add `prefill: {hosts: [NAME]}` under `roles`",
        ("roles", "decode"): "add `decode: {hosts: [NAME]}` under `roles`",
        ("roles", "proxy"): "add `proxy: {host: NAME}` under `roles`",
        ("kv_transfer", "connector"): "add `kv_transfer: {connector: MooncakeConnectorV1}`",
    }
    for key, says in because.items():
        if not there[key]:
            yield "separation-incomplete", key, f"`{'.'.join(key)}` is missing or empty, and {says}", examples[key]


def _hosts_that_do_not_fit(spec: Spec) -> Iterator[_Trouble]:
    names = [host.name for host in (spec.nodes.hosts if spec.nodes else None) or ()]
    owners: dict[str, SideName] = {}
    for side in SIDES:
        for index, name in enumerate(_hosts_of(spec, side)):
            key: KeyPath = ("roles", side, "hosts", index)
            if name not in names:
                yield _unknown_host(key, name, names)
            elif name in owners:
                yield (
                    "host-in-two-roles",
                    key,
                    f"{name} is in {owners[name]} already, wanted machines of their own for each side",
                    "name another host, or leave it out here",
                )
            owners.setdefault(name, side)
    for index, name in enumerate(names):
        if name not in owners:
            yield (
                "host-in-no-role",
                (*HOSTS, index),
                f"{name} is neither in prefill nor in decode, so nothing would run there",
                "add it to roles.prefill.hosts or roles.decode.hosts, or remove it",
            )


def _proxy_that_does_not_fit(spec: Spec) -> Iterator[_Trouble]:
    proxy = spec.roles.proxy if spec.roles else None
    names = [host.name for host in (spec.nodes.hosts if spec.nodes else None) or ()]
    if proxy is not None and proxy.host is not None and proxy.host not in names:
        yield _unknown_host(("roles", "proxy", "host"), proxy.host, names)


def _unknown_host(key: KeyPath, name: str, names: list[str]) -> _Trouble:
    guess = nearest(name, names)
    return (
        "host-unknown",
        key,
        f"found the host `{name}`, wanted one of {', '.join(names)}",
        f"did you mean `{guess}`?" if guess else "nodes.hosts names them",
    )


def _engine_that_cannot(spec: Spec) -> Iterator[_Trouble]:
    engine = spec.engine.name if spec.engine else None
    if engine != "vllm-ascend":
        yield (
            "separation-of-another-engine",
            ("engine", "name"),
            f"found {engine}, and prefill and decode apart are known of vllm-ascend only",
            "remove roles.prefill, roles.decode, roles.proxy and kv_transfer, or serve with vllm-ascend",
        )
