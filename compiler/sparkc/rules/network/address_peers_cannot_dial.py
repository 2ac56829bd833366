"""A host's address that is no address, or one that no other machine can reach it at."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.addresses import as_ip_address
from sparkc.resolve.facts import Facts
from sparkc.rules.rule import Complaint, Evidence, Rule


def _is_distributed(facts: Facts) -> bool:
    return facts.talks_to_peers


def _check(_: Plan, facts: Facts) -> Iterator[Complaint]:
    for host in facts.hosts:
        trouble = _trouble(host.address)
        if trouble is not None:
            yield Complaint(
                ("nodes", "hosts", host.index, "address"),
                f"the address of {host.name} is {host.address}, {trouble}; wanted the IP address on its interface",
            )


def _trouble(text: str) -> str | None:
    """Return what is wrong with an address as peers see it; None when they can dial it."""
    address = as_ip_address(text)
    if address is None:
        return "which is a name"
    if address.is_loopback:
        return "which every machine has for itself"
    if address.is_unspecified or address.is_multicast:
        return "at which no single machine listens"
    return None


RULE = Rule(
    name="address-peers-cannot-dial",
    severity=Severity.ERROR,
    failure=Failure.HANG,
    summary="a host's address is a name, or one that peers cannot dial",
    why="The address is given to vLLM (VLLM_HOST_IP), to Ray (--node-ip-address) and to the check that the "
    "interface carries it. vLLM wants an IP address there, no host name; loopback would lead every worker to "
    "itself.",
    help="give the IP address that `ip -br address` shows on the interface",
    evidence=(
        Evidence(
            "https://docs.vllm.ai/en/stable/configuration/env_vars.html",
            "VLLM_HOST_IP is the IP address of the node itself",
        ),
        Evidence(
            "https://al-engr.com/minimax-m2.7-dual-spark.html",
            "Gotcha 3: what binds to loopback looks connected and hangs",
        ),
    ),
    bad="""
nodes:
  hosts:
    - {name: spark-1, ssh: 192.168.1.11, address: spark-1.lan}
    - {name: spark-2, ssh: 192.168.1.12, address: 10.0.0.2}
""",
    good="""
nodes:
  hosts:
    - {name: spark-1, ssh: 192.168.1.11, address: 10.0.0.1}
    - {name: spark-2, ssh: 192.168.1.12, address: 10.0.0.2}
""",
    applies=_is_distributed,
    check=_check,
    allowable=False,
)
