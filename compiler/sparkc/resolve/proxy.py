"""Decide the proxy of a launch whose prefill and decode are apart: what clients talk to.

It sends each request to a prefill server first, and then with what came back to a decode server. It runs beside the
ranks of one side, in a container of the engine's own image, which holds its program.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from sparkc.plan import Condition, Container, HttpOk, Probe, Process, Restart, Secret, Setting
from sparkc.resolve.addresses import with_port
from sparkc.resolve.containers import HEALTH_PERIOD_S, PAUSE_S
from sparkc.resolve.draft import Draft, HostDraft, decided
from sparkc.resolve.engines import words_of
from sparkc.resolve.engines.values import words
from sparkc.resolve.engines.words import ProxyWords
from sparkc.resolve.facts import Facts
from sparkc.resolve.separation import SIDES
from sparkc.resolve.servers import servers
from sparkc.resolve.startup import FIRST_START_S
from sparkc.resolve.variables import secret

HEALTH_TIMEOUT_S = 5
STOP_TIMEOUT_S = 15


@dataclass(frozen=True)
class Address:
    """Where the proxy listens."""

    host: str
    port: int


def proxy_address(facts: Facts) -> Address:
    """Return where clients find the proxy."""
    on = next(host for group in (facts, *facts.others) for host in group.hosts if host.name == facts.proxy.host)
    return Address(facts.proxy.address or on.address, facts.proxy.port or words_of(facts).default_port)


def proxy_name(facts: Facts) -> str:
    """Return the name of its container."""
    return "-".join(word for word in (facts.name, facts.variant or "", "proxy") if word)


def decide_proxy(draft: Draft) -> Draft:
    """Put the proxy on its machine, when that is one of this group's."""
    return replace(draft, hosts=tuple(_of_host(draft, host) for host in draft.hosts))


def _known(facts: Facts) -> ProxyWords:
    known = words_of(facts).proxy
    # Prefill and decode apart are refused of an engine whose proxy is not known (separation).
    assert known is not None
    return known


def has_proxy(facts: Facts, host: HostDraft) -> bool:
    """Tell whether the proxy runs on a machine."""
    return facts.side is not None and host.facts.name == facts.proxy.host


def _of_host(draft: Draft, host: HostDraft) -> HostDraft:
    if not has_proxy(draft.facts, host):
        return host
    return replace(host, containers=(*host.containers, _container(draft, host)))


def _container(draft: Draft, host: HostDraft) -> Container:
    facts = draft.facts
    model = host.containers[0]
    name = proxy_name(facts)
    at = proxy_address(facts)
    # The engine's limits, devices and files are no business of a program that forwards requests.
    return replace(
        model,
        name=name,
        role="proxy",
        processes=(_process(draft),),
        environment=(),
        secrets=tuple(_secrets(facts, host)),
        prepended=(),
        mounts=(),
        devices=(),
        gpus=None,
        ipc=None,
        shm_size=None,
        limits=(),
        capabilities=(),
        restart=_restart(model.restart),
        watches=(),
        probes=tuple(_probes(facts, at)),
        start_script=f"start-{name}.sh",
        setup=(),
        files=(),
        stop_timeout_s=STOP_TIMEOUT_S,
        privileged=None,
        sourced=(),
    )


def _restart(engines: Restart) -> Restart:
    return replace(engines, pause_s=PAUSE_S)


def _process(draft: Draft) -> Process:
    facts = draft.facts
    known = _known(facts)
    said = facts.proxy.script
    return Process(
        name="proxy",
        role="proxy",
        program=("python3",),
        operands=(
            Setting(
                "script",
                said or known.script,
                draft.reasons.why("roles", "proxy", "script") if said else decided("proxy", known.says, known.link),
            ),
        ),
        arguments=tuple(_arguments(draft)),
        environment=(),
        waits_for=tuple(_waits(facts)),
        foreground=True,
    )


def _arguments(draft: Draft) -> Iterator[Setting]:
    facts = draft.facts
    known = _known(facts)
    at = proxy_address(facts)
    settings = {
        "--host": Setting(
            "--host",
            at.host,
            draft.reasons.why("roles", "proxy", "address")
            if facts.proxy.address
            else decided("proxy", f"the address of {facts.proxy.host} among its peers"),
        ),
        "--port": Setting(
            "--port",
            str(at.port),
            draft.reasons.why("roles", "proxy", "port")
            if facts.proxy.port
            else decided("proxy", f"clients dial {at.port}, as they would a single server"),
        ),
    }
    for side in SIDES:
        hosts, ports = known.lists[side]
        there = servers(facts.of_side(side))
        one_each = decided("proxy", f"{len(there)} {side} servers, one host for each port")
        settings[hosts] = Setting(hosts, tuple(server.host.address for server in there), one_each)
        settings[ports] = Setting(ports, tuple(str(server.port) for server in there), one_each)
    for name, value in (facts.proxy.args or {}).items():
        flag = f"--{name}"
        why = draft.reasons.why("roles", "proxy", "args", name)
        settings.pop(flag, None)
        if value is True:
            settings[flag] = Setting(flag, None, why)
        elif value is not None and value is not False:
            settings[flag] = Setting(flag, words(value), why)
    return iter(settings.values())


def _waits(facts: Facts) -> Iterator[Condition]:
    for side in SIDES:
        for server in servers(facts.of_side(side)):
            address = with_port(server.host.address, server.port)
            yield Condition(
                HttpOk(server.host.address, server.port, "/health"),
                f"{side} rank {server.rank} at {address}",
                FIRST_START_S,
                f"look at the log of {side} on {server.host.name}, and check that {address} answers from here",
                decided("proxy", "a request needs both sides, so the proxy answers once all servers do"),
            )


def _secrets(facts: Facts, host: HostDraft) -> Iterator[Secret]:
    key = facts.serving.api_key
    if key is not None:
        yield secret(host, _known(facts).key_variable, key.secret)


def _probes(facts: Facts, at: Address) -> Iterator[Probe]:
    local = "127.0.0.1" if at.host in ("0.0.0.0", "::") else at.host
    fact = HttpOk(local, at.port, _known(facts).health_path)
    because = decided("proxy", "it answers once every server of both sides did")
    yield Probe("startup", fact, HEALTH_PERIOD_S, HEALTH_TIMEOUT_S, FIRST_START_S // HEALTH_PERIOD_S, because)
    yield Probe("liveness", fact, HEALTH_PERIOD_S * 3, HEALTH_TIMEOUT_S, 5, because)
    yield Probe("readiness", fact, HEALTH_PERIOD_S, HEALTH_TIMEOUT_S, 3, because)
