"""The API listens everywhere and asks nobody for a key."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.engines import words_of
from sparkc.resolve.facts import Facts
from sparkc.resolve.servers import servers
from sparkc.rules.command_line import engine_flags
from sparkc.rules.rule import Complaint, Evidence, Rule

EVERYWHERE = ("0.0.0.0", "::")

SIDE_HELP = (
    "set serving.api_key: {secret: NAME}, which the proxy sends, or the machine's own address as the side's "
    "serving.host; or allow this rule for a closed network"
)


def _check(plan: Plan, facts: Facts) -> Iterator[Complaint]:
    engine, host = words_of(facts), facts.serving.host
    if (host or engine.default_host) in EVERYWHERE and not _asks_for_a_key(plan):
        listens = (
            f"serving.host is {host}"
            if host
            else f"serving.host is not set, so {engine.title} listens on every address"
        )
        ports = sorted({server.port for server in servers(facts)})
        named = f"port {ports[0]}" if len(ports) == 1 else f"ports {ports[0]} to {ports[-1]}"
        yield Complaint(
            ("serving", "host"),
            f"{listens}, {named}, and no key is asked for",
            help=None if facts.side is None else SIDE_HELP,
        )


def _asks_for_a_key(plan: Plan) -> bool:
    container = plan.head.containers[0]
    settings = (*container.environment, *container.processes[-1].environment)
    names = {*(setting.key for setting in settings), *(secret.key for secret in container.secrets)}
    return plan.service.api_key is not None or "VLLM_API_KEY" in names or "--api-key" in engine_flags(plan)


RULE = Rule(
    name="endpoint-open-to-the-world",
    severity=Severity.WARNING,
    failure=Failure.UNSAFE,
    summary="the API listens on every address without a key",
    why="Whoever reaches the port may use the model and keep it busy. A key guards the paths below /v1 and a few "
    "more only; others, /tokenize and /invocations among them, stay open, so that an untrusted network also "
    "needs a proxy that lets through what clients need.",
    help="set serving.api_key: {secret: NAME}, or serving.host: 127.0.0.1 behind a proxy; or allow this rule for a "
    "closed network",
    evidence=(
        Evidence(
            "https://docs.vllm.ai/en/stable/usage/security/",
            "which paths the key guards, and why a proxy belongs in front",
        ),
        Evidence(
            "mpfaffenberger/MiniMax-M3-NVFP4-DSpark-vLLM-4x-DGX-Spark README.md",
            "warns that the endpoint has no authentication",
        ),
    ),
    bad="serving: {host: 0.0.0.0, api_key: null}",
    good="serving: {host: 127.0.0.1, api_key: null}",
    check=_check,
)
