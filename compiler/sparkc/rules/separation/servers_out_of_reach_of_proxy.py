"""A side listens where the proxy does not dial."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.engines import words_of
from sparkc.resolve.facts import Facts
from sparkc.resolve.servers import servers
from sparkc.rules.rule import Complaint, Evidence, Rule
from sparkc.rules.separation.sides import is_apart


def _check(_: Plan, facts: Facts) -> Iterator[Complaint]:
    listens = facts.serving.host or words_of(facts).default_host
    unreached = [server for server in servers(facts) if not _is_reached(listens, server.host.address)]
    if unreached:
        first = unreached[0]
        yield Complaint(
            ("serving", "host"),
            f"the servers listen on {listens}, and the proxy dials {first.host.address}, the address "
            f"of {first.host.name}",
            help=f"set roles.{facts.side}.serving.host to {first.host.address}, or to 0.0.0.0 on a closed network"
            if len(facts.hosts) == 1
            else f"set roles.{facts.side}.serving.host to 0.0.0.0: it holds for {len(facts.hosts)} machines",
        )


def _is_reached(listens: str, dialled: str) -> bool:
    """Tell whether what listens on one address answers at another; True of names, which nobody looks up here."""
    if listens == "localhost":
        return False
    try:
        address, wanted = ipaddress.ip_address(listens), ipaddress.ip_address(dialled)
    except ValueError:
        return True
    if address.is_unspecified:
        # :: takes IPv4 as well; 0.0.0.0 takes nothing else.
        return address.version == 6 or wanted.version == 4
    return address == wanted


RULE = Rule(
    name="servers-out-of-reach-of-proxy",
    severity=Severity.ERROR,
    failure=Failure.HANG,
    summary="a side listens on an address that the proxy does not dial",
    why="The proxy is given the address of each machine among its peers, also of the one that it runs on itself. A "
    "server on loopback, or on another address, never answers there: the start waits for it until its time is over.",
    help="let each side listen on its machine's own address, or on 0.0.0.0 on a closed network",
    evidence=(
        Evidence(
            "vllm-project/vllm-ascend examples/disaggregated_prefill_v1/load_balance_proxy_server_example.py",
            "0.21.0rc1: dials --prefiller-hosts and --decoder-hosts, one for each port",
        ),
        Evidence(
            "https://docs.vllm.ai/projects/ascend/en/v0.23.0/tutorials/models/MiniMax-M2.html",
            "5.2: servers listen on 0.0.0.0, the proxy is given their machines' addresses",
        ),
    ),
    bad="roles: {decode: {serving: {host: 127.0.0.1}}}",
    good="roles: {decode: {serving: {host: 10.0.0.2}}}",
    base="separated",
    applies=is_apart,
    check=_check,
)
