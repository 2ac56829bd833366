"""Several nodes, and nobody says on which interface their sockets meet."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts, HostFacts
from sparkc.rules.author_variables import text_on
from sparkc.rules.places import one_per_place
from sparkc.rules.rule import Complaint, Evidence, Rule


def _is_distributed(facts: Facts) -> bool:
    return facts.talks_to_peers


def _check(_: Plan, facts: Facts) -> Iterator[Complaint]:
    for key, host in one_per_place(facts, "interconnect", "interface"):
        if host.interconnect.interface is None and not _is_named_in_env(host):
            ports = ", ".join(port.interface for port in facts.hardware.fabric) if facts.hardware else ""
            nodes = sum(len(group.hosts) for group in (facts, *facts.others))
            yield Complaint(
                key,
                f"{nodes} nodes, and interconnect.interface is missing for {host.name}; wanted the port "
                f"that carries {host.address}",
                help=f"name it in interconnect.interface; this machine has {ports}" if ports else None,
            )


def _is_named_in_env(host: HostFacts) -> bool:
    return all(text_on(host, name) for name in ("NCCL_SOCKET_IFNAME", "GLOO_SOCKET_IFNAME"))


RULE = Rule(
    name="interface-unnamed",
    severity=Severity.ERROR,
    failure=Failure.HANG,
    summary="several nodes, but interconnect.interface is not set",
    why="NCCL's bootstrap and Gloo each pick an interface of their own when none is named. Gloo may bind "
    "loopback: the workers look connected, and then nothing moves, without an error.",
    help="name the cabled port in interconnect.interface; per host where the names differ",
    evidence=(
        Evidence(
            "https://al-engr.com/minimax-m2.7-dual-spark.html",
            "Gotcha 3: without GLOO_SOCKET_IFNAME Gloo may bind loopback, and communication hangs silently",
        ),
        Evidence(
            "Avarok-Cybersecurity/dgx-vllm guide to MiniMax-M2.5-NVFP4, Manual Deployment",
            "sets NCCL_SOCKET_IFNAME and GLOO_SOCKET_IFNAME in both containers",
        ),
    ),
    bad="interconnect: {interface: null}",
    good="interconnect: {interface: enp1s0f0np0}",
    applies=_is_distributed,
    check=_check,
)
