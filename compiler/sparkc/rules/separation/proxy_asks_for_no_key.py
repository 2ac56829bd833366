"""The proxy lets anyone in who reaches it."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.resolve.proxy import proxy_address
from sparkc.resolve.service import ANY_ADDRESS
from sparkc.rules.rule import Complaint, Evidence, Rule
from sparkc.rules.separation.sides import is_apart


def _check(_: Plan, facts: Facts) -> Iterator[Complaint]:
    at = proxy_address(facts)
    if facts.serving.api_key is not None:
        yield Complaint(
            ("serving", "api_key"),
            f"serving.api_key guards the servers alone; the proxy at {at.host}, port {at.port}, knows the key and asks "
            "its own clients for none",
        )
    if facts.proxy.address in ANY_ADDRESS:
        yield Complaint(
            ("roles", "proxy", "address"),
            f"the proxy listens on every address, port {at.port}, and asks its clients for no key",
            help=f"leave roles.proxy.address out, so that it listens on the address of {facts.proxy.host} alone, or "
            "put a proxy that asks for a key in front",
        )


RULE = Rule(
    name="proxy-asks-for-no-key",
    severity=Severity.WARNING,
    failure=Failure.UNSAFE,
    summary="the proxy in front of prefill and decode asks its clients for no key",
    why="The engine's example proxy sends the servers' key with every request, from OPENAI_API_KEY, and looks at none "
    "that a client sends. Whoever reaches its port may use the model, whatever key the servers ask for.",
    help="put a proxy that asks for a key in front of it, or close its port to all but those who may; or allow this "
    "rule on a closed network",
    evidence=(
        Evidence(
            "vllm-project/vllm-ascend examples/disaggregated_prefill_v1/load_balance_proxy_server_example.py",
            "0.21.0rc1, auth_headers: the key comes from OPENAI_API_KEY; no route looks at the request's own",
        ),
    ),
    bad="roles: {proxy: {address: 0.0.0.0}}",
    good="roles: {proxy: {address: 10.0.0.1}}",
    base="separated",
    applies=is_apart,
    check=_check,
)
