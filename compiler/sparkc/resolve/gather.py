"""Gather the facts: type the spec, lay role and host overlays over it, and tell hosts apart."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from sparkc.findings import Finding, KeyPath
from sparkc.resolve.facts import Facts, HostFacts, Role
from sparkc.resolve.fit_word import without_fits
from sparkc.resolve.proposals import Settled
from sparkc.resolve.separation import SIDE_KEYS, Group, groups_of, layer_of, separation_troubles
from sparkc.source.document import Document, lifted, with_overlay
from sparkc.source.layers import null_removes_nothing
from sparkc.source.overlay import unused_nulls
from sparkc.spec import Spec, read_spec
from sparkc.spec.reading import missing_keys

ROLE_KEYS = ("env", "container")
HOST_KEYS = ("interconnect", "env", "container", "model")
"""What a role, or a host, may say differently; the keys of the same names at the top of a spec."""


def gather(
    document: Document, *, variant: str | None, spec_path: str, files: Mapping[str, str]
) -> tuple[tuple[Facts, ...], list[Finding]]:
    """Return the facts of one spec or variant, one for each group of ranks, or none and why there are none.

    There is one group, unless prefill and decode are apart.

    Args:
        document: with variants already laid over; its spans are what findings point at.
        spec_path: shown path of the spec.
        files: text of the project's files that the spec names.
    """
    fitless = without_fits(document)
    spec, findings = read_spec(fitless)
    if spec is None:
        return (), findings
    findings = missing_keys(spec, document) or separation_troubles(document, spec)
    if findings:
        return (), findings
    gathered = []
    for group in groups_of(document, spec):
        own = without_fits(group.document)
        typed = spec if group.side is None else _typed(own)
        made = _facts(group.document, own, typed, variant=variant, spec_path=spec_path, files=files)
        gathered.append(replace(made, group=group))
        findings += _idle_nulls(group, document, typed)
    return acquainted(gathered), findings


def acquainted(groups: Iterable[Facts]) -> tuple[Facts, ...]:
    """Return the facts of all groups, each knowing the others as they are now."""
    alone = [replace(facts, others=()) for facts in groups]
    return tuple(replace(facts, others=tuple(other for other in alone if other is not facts)) for facts in alone)


def with_proposals(facts: Facts, settled: Settled) -> Facts:
    """Return the facts as they are once the rules' proposals stand where the author is silent.

    Raises:
        ValueError: a proposal does not fit the language. That is a bug of ours.
    """
    document = settled.under(facts.document)
    spec = _typed(document)
    made = _facts(facts.document, document, spec, variant=facts.variant, spec_path=facts.spec_path, files=facts.files)
    return replace(made, fork_catalog=facts.fork_catalog, group=facts.group, others=facts.others)


def _facts(
    author: Document,
    settled: Document,
    spec: Spec,
    *,
    variant: str | None,
    spec_path: str,
    files: Mapping[str, str],
) -> Facts:
    hosts = spec.nodes.hosts if spec.nodes and spec.nodes.hosts else ()
    return Facts(
        spec=spec,
        document=author,
        variant=variant,
        spec_path=spec_path,
        hosts=tuple(_host(settled, spec, index, len(hosts)) for index in range(len(hosts))),
        files=files,
    )


def _host(document: Document, spec: Spec, index: int, count: int) -> HostFacts:
    assert spec.nodes is not None
    assert spec.nodes.hosts is not None
    host = spec.nodes.hosts[index]
    role: Role = "single" if count == 1 else "head" if index == 0 else "worker"
    own = document
    for at, keys, layer in _overlays(index, host.name):
        own = with_overlay(own, at, keys, layer)
    return HostFacts(
        index=index,
        role=role,
        spec=spec if own is document else _typed(own),
        document=own,
        host=host,
    )


def _overlays(index: int, name: str) -> tuple[tuple[KeyPath, tuple[str, ...], str], ...]:
    """Return what is laid over the spec for one host: where it stands, which keys it may hold, and its layer."""
    role = "head" if index == 0 else "worker"
    return (
        (("roles", role), ROLE_KEYS, f"role {role}"),
        (("nodes", "hosts", index), HOST_KEYS, f"host {name}"),
    )


def _idle_nulls(group: Group, document: Document, spec: Spec) -> list[Finding]:
    """Report nulls in the overlays of sides, roles and hosts that have nothing to remove."""
    findings: list[Finding] = []
    if group.side is not None:
        top = lifted(document, ("roles", group.side), SIDE_KEYS, layer_of(group.side))
        nulls = unused_nulls(document.root, top) if top else []
        findings += [null_removes_nothing(Document(top), path) for path in nulls if top]
    for index, host in enumerate(spec.nodes.hosts or () if spec.nodes else ()):
        own = group.document
        for at, keys, layer in _overlays(index, host.name):
            top = lifted(own, at, keys, layer)
            if top is None:
                continue
            findings += [null_removes_nothing(Document(top), path) for path in unused_nulls(own.root, top)]
            own = with_overlay(own, at, keys, layer)
    return findings


def _typed(document: Document) -> Spec:
    spec, findings = read_spec(document)
    if spec is None:
        # Every layer fitted on its own, so the pieces fit together: anything else is ours to repair.
        raise ValueError("; ".join(finding.message for finding in findings))
    return spec
