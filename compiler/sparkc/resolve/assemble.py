"""Turn the finished draft into the Plan."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.plan import Layout, Node, Plan, Route
from sparkc.resolve.decode_bound import decode_bound
from sparkc.resolve.draft import Draft, HostDraft
from sparkc.resolve.engines import words_of
from sparkc.resolve.evaluation import decide_evaluation
from sparkc.resolve.facts import Facts, HostFacts


def assemble(draft: Draft) -> Plan:
    """Return the plan. Every pass has run, so nothing is missing any more."""
    facts = draft.facts
    assert draft.service is not None
    return Plan(
        name=facts.name,
        variant=facts.variant,
        spec_path=facts.spec_path,
        summary=_summary(draft),
        model=facts.model.id or "",
        revision=facts.model.revision,
        quant=facts.quant,
        engine=facts.engine.name or "",
        engine_version=facts.engine.version or "unknown",
        hardware=facts.hardware.title if facts.hardware else facts.nodes.hardware or "",
        topology=facts.interconnect.topology or "",
        layouts=(_layout(facts),),
        routes=tuple(_routes(draft)),
        nodes=tuple(_node(draft, host) for host in draft.hosts),
        service=draft.service,
        bench=draft.bench,
        evaluation=decide_evaluation(facts),
        figures=draft.figures,
        troubles=draft.troubles,
        needs=draft.needs,
        targets=facts.spec.targets or (),
        nccl=facts.engine.nccl,
        ray_version=facts.ray.version,
        fork_provides=facts.provided,
        least_memory_percent=_least_memory_percent(facts),
        trusts_remote_code=facts.model.trust_remote_code is True,
    )


def _layout(facts: Facts) -> Layout:
    return Layout(
        side=facts.side,
        nodes=tuple(host.name for host in facts.hosts),
        executor=facts.executor,
        tensor_parallel=facts.tensor,
        pipeline_parallel=facts.pipeline,
        data_parallel=facts.data,
        expert_parallel=facts.expert,
        max_model_len=facts.serving.max_model_len,
        max_num_seqs=facts.serving.max_num_seqs,
        decode=decode_bound(facts),
    )


def _routes(draft: Draft) -> Iterator[Route]:
    """Yield how the other nodes of the group reach its head: the ports that peers dial there."""
    head, *others = draft.hosts
    dialled = tuple(f"{port.purpose}, port {port.number}" for port in head.ports if port.reach == "peers")
    if draft.facts.side is not None or not dialled:
        return
    for host in others:
        for container in host.containers:
            yield Route((host.facts.name, container.name), (head.facts.name, head.containers[0].name), dialled)


def _least_memory_percent(facts: Facts) -> int | None:
    balance = words_of(facts).balance
    if balance is None or facts.tensor == 1:
        return None
    percent, switch = balance
    said, known = (facts.spec.env or {}).get(switch), facts.variable(switch)
    spellings = known.spellings if known else None
    is_off = isinstance(said, str) and spellings is not None and spellings.says_yes(said) is False
    return None if is_off else percent


def _summary(draft: Draft) -> str:
    facts = draft.facts
    machine = facts.hardware.title if facts.hardware else facts.nodes.hardware or "unknown hardware"
    count = "one" if len(facts.hosts) == 1 else str(len(facts.hosts))
    carried = {"ray": " over Ray", "mp": "", "uni": ""}[facts.executor]
    return f"{facts.model.id} ({facts.quant}) on {count} {machine}, {facts.engine.name} {facts.engine.version}{carried}"


def _node(draft: Draft, host: HostDraft) -> Node:
    facts = host.facts
    assert host.memory is not None
    return Node(
        name=facts.name,
        index=facts.index,
        role=_role(draft.facts, facts),
        hardware=draft.facts.nodes.hardware or "",
        ssh=facts.ssh,
        user=facts.user,
        home=facts.home,
        sudo=facts.sudo,
        install_dir=host.install_dir,
        fabric=host.fabric,
        containers=host.containers,
        steps=host.steps,
        cache_dirs=tuple(f"{host.cache_dir}/{cache.folder}" for cache in words_of(draft.facts).caches),
        ports=host.ports,
        reservations=host.reservations,
        weights=host.weights,
        memory=host.memory,
    )


def _role(facts: Facts, host: HostFacts) -> str:
    words = [facts.side or "", host.role if facts.side is None or host.role != "single" else ""]
    return " ".join(word for word in words if word)
