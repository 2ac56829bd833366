"""Gather the facts: type the spec, lay role and host overlays over it, and tell hosts apart."""

from __future__ import annotations

from collections.abc import Mapping

from sparkc.findings import Finding
from sparkc.resolve.facts import Facts, HostFacts, Role
from sparkc.resolve.proposals import Settled
from sparkc.source.document import Document, with_overlay
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
    spec, findings = read_spec(document)
    if spec is None:
        return None, findings
    findings = missing_keys(spec, document)
    if findings:
        return None, findings
    return _facts(document, document, spec, variant=variant, spec_path=spec_path, files=files), []


def with_proposals(facts: Facts, settled: Settled) -> Facts:
    """Return the facts as they are once the rules' proposals stand where the author is silent.

    Raises:
        ValueError: a proposal does not fit the language. That is a bug of ours.
    """
    document = settled.under(facts.document)
    spec = _typed(document)
    return _facts(facts.document, document, spec, variant=facts.variant, spec_path=facts.spec_path, files=facts.files)


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
    own = with_overlay(document, ("roles", role), ROLE_KEYS, f"role {role}")
    own = with_overlay(own, ("nodes", "hosts", index), HOST_KEYS, f"host {host.name}")
    return HostFacts(
        index=index,
        role=role,
        spec=spec if own is document else _typed(own),
        document=own,
        host=host,
    )


def _typed(document: Document) -> Spec:
    spec, findings = read_spec(document)
    if spec is None:
        # Every layer fitted on its own, so the pieces fit together: anything else is ours to repair.
        raise ValueError("; ".join(finding.message for finding in findings))
    return spec
