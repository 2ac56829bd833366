"""Decide the environment: every variable goes to the processes that read it, and to no other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from sparkc.plan import Secret, Setting
from sparkc.resolve.draft import Draft, HostDraft, Variables, decided
from sparkc.resolve.engines import words_of
from sparkc.resolve.facts import Facts
from sparkc.spec import Prepend, SecretReference

SECRETS_IN_CONTAINER = "/run/secrets"

DEAD_VARIABLE_RULE = "variable-nobody-reads"
"""The rule that speaks up when a variable is dropped; allowing it keeps the variable."""


def decide_variables(draft: Draft) -> Draft:
    """Fill in each host's `variables`: the author's, and those that the network and the caches need."""
    return replace(draft, hosts=tuple(_of_host(draft.facts, host) for host in draft.hosts))


def _of_host(facts: Facts, host: HostDraft) -> HostDraft:
    author = host.facts.spec.env or {}
    derived = [setting for setting in _derived(facts, host) if setting.key not in author]
    variables = Variables()
    for setting in derived:
        variables = _placed(variables, setting, facts)
    for name, value in author.items():
        why = host.reasons.why("env", name)
        if isinstance(value, SecretReference):
            variables = replace(variables, secrets=(*variables.secrets, secret(host, name, value.secret)))
        elif isinstance(value, Prepend):
            variables = replace(variables, prepended=(*variables.prepended, Setting(name, value.prepend, why)))
        elif value is not None:
            variables = _placed(variables, Setting(name, value, why), facts)
    if facts.serving.api_key is not None and facts.has_server(host.facts):
        variables = replace(variables, secrets=(*variables.secrets, api_key(facts, host, facts.serving.api_key.secret)))
    return replace(host, variables=variables)


def secret(host: HostDraft, variable: str, name: str) -> Secret:
    """Return the reference to a secret file in the node's install folder."""
    key = ("env", variable) if variable in (host.facts.spec.env or {}) else ("serving", "api_key")
    return Secret(
        key=variable,
        name=name,
        file=f"{host.install_dir}/secrets/{name}",
        to=f"{SECRETS_IN_CONTAINER}/{name}",
        because=host.reasons.why(*key),
    )


def api_key(facts: Facts, host: HostDraft, name: str) -> Secret:
    """Return the key that clients must send, as the engine takes it; a flag would show in `ps`."""
    key = words_of(facts).api_key
    return replace(secret(host, key.variable, name), into=key.file[1] if key.file else None)


def readers(facts: Facts, name: str) -> frozenset[str] | None:
    """Return which processes read a variable; None when nobody knows it."""
    known = facts.variable(name)
    return known.readers if known else None


def _placed(variables: Variables, setting: Setting, facts: Facts) -> Variables:
    """Add one variable where its readers are. What only the host reads, or nobody, goes nowhere."""
    who = readers(facts, setting.key)
    if who is None or "worker" in who:
        # Workers on every node inherit what `ray start` saw, and the driver stands in the same container.
        return replace(variables, shared=(*variables.shared, setting))
    if "raylet" in who and facts.uses_ray:
        return replace(variables, raylet=(*variables.raylet, setting))
    if "driver" in who:
        return replace(variables, driver=(*variables.driver, setting))
    if not who and insists(facts, DEAD_VARIABLE_RULE):
        return replace(variables, driver=(*variables.driver, setting))
    return variables


def insists(facts: Facts, rule: str) -> bool:
    """Tell whether the author allows a rule's finding: his word then stands as he wrote it."""
    return any(allowance.rule == rule for allowance in facts.spec.allow or ())


def _derived(facts: Facts, host: HostDraft) -> Iterator[Setting]:
    if facts.talks_to_peers:
        yield from _network(facts, host)
    yield from _caches(facts)


def _network(facts: Facts, host: HostDraft) -> Iterator[Setting]:
    fabric = host.fabric
    variable, without, link = words_of(facts).address_variable
    yield Setting(
        variable,
        fabric.address,
        decided("network", f"{host.facts.name} is {fabric.address} on the fabric; {without}", link),
    )
    library = facts.collectives
    for name in library.address:
        yield Setting(
            name,
            fabric.address,
            decided("network", f"{host.facts.name} is {fabric.address} for {library.title}", library.evidence.link),
        )
    if fabric.interface is not None:
        for name, what in (
            *((name, f"{library.title} meets its peers on") for name in library.interface),
            ("GLOO_SOCKET_IFNAME", "Gloo may bind loopback and hang without it; here it uses"),
            ("TP_SOCKET_IFNAME", "TensorPipe uses"),
        ):
            yield Setting(name, fabric.interface, decided("network", f"{what} {fabric.interface} of this node"))
    if library.hcas is not None and fabric.kind == "roce" and fabric.hcas:
        yield Setting(
            library.hcas,
            ",".join(fabric.hcas),
            decided("network", f"the data path: {len(fabric.hcas)} RDMA devices, and none that is down"),
        )
    if library.no_rdma is not None and fabric.kind == "tcp":
        yield Setting(
            library.no_rdma,
            "1",
            decided("network", f"interconnect.kind is tcp: {library.title} must not look for RDMA"),
        )
    gid = host.facts.interconnect.gid_index
    if library.gid_index is not None and gid is not None:
        yield Setting(library.gid_index, str(gid), host.reasons.why("interconnect", "gid_index"))


def _caches(facts: Facts) -> Iterator[Setting]:
    for cache in words_of(facts).caches:
        yield Setting(
            cache.variable,
            f"/cache/{cache.folder}",
            decided("caches", cache.kept, "https://al-engr.com/minimax-m2.7-dual-spark.html"),
        )
    if facts.model.path is None:
        yield Setting(
            "HF_HUB_OFFLINE", "1", decided("caches", "weights were prepared; a start must not fetch another revision")
        )
