"""Gather the facts: type the spec, lay role and host overlays over it, and tell hosts apart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from sparkc.findings import Finding, KeyPath
from sparkc.resolve.facts import Facts, HostFacts, Role
from sparkc.resolve.fit_word import without_fits
from sparkc.resolve.proposals import Settled
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
) -> tuple[Facts | None, list[Finding]]:
    """Return the facts of one spec or variant, or None and why there are none.

    Args:
        document: with variants already laid over; its spans are what findings point at.
        spec_path: shown path of the spec.
        files: text of the project's files that the spec names.
    """
    fitless = without_fits(document)
    spec, findings = read_spec(fitless)
    if spec is None:
        return None, findings
    findings = missing_keys(spec, document)
    if findings:
        return None, findings
    facts = _facts(document, fitless, spec, variant=variant, spec_path=spec_path, files=files)
    return facts, _idle_nulls(document, spec)


def with_proposals(facts: Facts, settled: Settled) -> Facts:
    """Return the facts as they are once the rules' proposals stand where the author is silent.

    Raises:
        ValueError: a proposal does not fit the language. That is a bug of ours.
    """
    document = settled.under(facts.document)
    spec = _typed(document)
    made = _facts(facts.document, document, spec, variant=facts.variant, spec_path=facts.spec_path, files=facts.files)
    return replace(made, fork_catalog=facts.fork_catalog)


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


def _idle_nulls(document: Document, spec: Spec) -> list[Finding]:
    """Report nulls in role and host overlays that have nothing to remove."""
    findings: list[Finding] = []
    for index, host in enumerate(spec.nodes.hosts or () if spec.nodes else ()):
        own = document
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
