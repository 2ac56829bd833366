"""Say the probes of a container as a health check."""

from __future__ import annotations

from typing import Any

from sparkc.plan import Container, Probe
from sparkc_targets.node.looks import look
from sparkc_targets.node.mounts import ENTRYPOINT
from sparkc_targets.reason import because
from sparkc_targets.yamlfile import Noted


def healthcheck(container: Container) -> dict[str, Any]:
    """Return the key `healthcheck`; nothing for a container that has no probe.

    Docker has one check for all purposes. It asks whether the container serves (readiness), and failures do not count
    as long as the startup probe would allow them.
    """
    probe = _of_kind(container, "readiness") or _of_kind(container, "liveness")
    if probe is None:
        return {}
    startup = _of_kind(container, "startup")
    check: dict[str, Any] = {
        "test": ["CMD", *ENTRYPOINT, "look", *look(probe.fact)],
        "interval": f"{probe.period_s}s",
        "timeout": f"{probe.timeout_s}s",
        "retries": probe.failures,
    }
    if startup:
        check["start_period"] = f"{startup.period_s * startup.failures}s"
    return {"healthcheck": Noted(check, because(probe.because))}


def _of_kind(container: Container, kind: str) -> Probe | None:
    return next((probe for probe in container.probes if probe.kind == kind), None)
