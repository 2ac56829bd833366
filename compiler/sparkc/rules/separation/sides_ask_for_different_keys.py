"""The servers of the two sides ask for different keys, and the proxy has one."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.rule import Complaint, Evidence, Rule
from sparkc.rules.separation.sides import beside, is_apart, is_to_blame, other_side

KEY = ("serving", "api_key")


def _check(_: Plan, facts: Facts) -> Iterator[Complaint]:
    other = other_side(facts)
    own, others = _secret(facts), _secret(other)
    if own != others and is_to_blame(facts, *KEY):
        yield Complaint(
            KEY,
            f"{own or 'no key'} is asked for here and {others or 'no key'} on the {other.side} side; wanted one, "
            "since the proxy sends one",
            also=beside(facts, *KEY),
        )


def _secret(facts: Facts) -> str | None:
    return f"the key {facts.serving.api_key.secret}" if facts.serving.api_key else None


RULE = Rule(
    name="sides-ask-for-different-keys",
    severity=Severity.ERROR,
    failure=Failure.CRASH,
    summary="prefill and decode ask for different keys, and the proxy sends one",
    why="The proxy has one key, that of the side that it stands beside, and sends it to all servers. Those that ask "
    "for another answer 401, so every request fails.",
    help="say serving.api_key once, at the top of the spec",
    evidence=(
        Evidence(
            "vllm-project/vllm-ascend examples/disaggregated_prefill_v1/load_balance_proxy_server_example.py",
            "0.21.0rc1, auth_headers: one OPENAI_API_KEY for prefill and decode",
        ),
    ),
    bad="""
serving: {api_key: {secret: one}}
roles: {decode: {serving: {api_key: {secret: other}}}}
""",
    good="""
serving: {api_key: {secret: one}}
roles: {decode: {serving: {api_key: {secret: one}}}}
""",
    base="separated",
    applies=is_apart,
    check=_check,
)
