"""Decide the containers: image, mounts, devices, limits, and what happens when one ends."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import PurePosixPath

from sparkc.plan import (
    Because,
    Container,
    Device,
    File,
    HttpOk,
    Image,
    Limit,
    Mount,
    Option,
    Origin,
    Probe,
    Restart,
    Setting,
    Unset,
    Weights,
)
from sparkc.resolve.beacon import FILE as BEACON
from sparkc.resolve.draft import Draft, HostDraft, decided, looked_up
from sparkc.resolve.engine_arguments import chat_template
from sparkc.resolve.engines import words_of
from sparkc.resolve.executor import WATCH_MISSES, WATCH_PERIOD_S
from sparkc.resolve.facts import Facts
from sparkc.resolve.startup import FIRST_START_S

DEFAULT_ATTEMPTS = 3
# Engines end their workers within seconds; a first compile that is interrupted takes longest.
STOP_TIMEOUT_S = 60
PAUSE_S = 10
# Longer than a peer takes to notice the end of this node and to end its own engine: a node that came back sooner would
# be taken for the one that was lost, and would meet ranks of the old group.
GROUP_PAUSE_S = WATCH_PERIOD_S * WATCH_MISSES + STOP_TIMEOUT_S + 30
LOG_SIZE = "20m"
LOG_FILES = "3"
LOG_SOURCE = "NNNtrance/GLM-5.3-Flash-NVFP4-TP3-3x-DGX-Spark, docs/03"

HEALTH_PERIOD_S = 10

HTTP_PROXIES = (
    "http_proxy",
    "https_proxy",
    "ftp_proxy",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "FTP_PROXY",
    "all_proxy",
    "ALL_PROXY",
)
"""Docker's client puts those of its own configuration into every container (docs.docker.com, engine/cli/proxy)."""
HTTP_PROXIES_SOURCE = "https://docs.vllm.ai/projects/ascend/en/v0.23.0/tutorials/models/MiniMax-M2.html"


def decide_containers(draft: Draft) -> Draft:
    """Fill in each host's `containers` and `weights`: one container a host."""
    return replace(draft, hosts=tuple(_of_host(draft, host) for host in draft.hosts))


def _of_host(draft: Draft, host: HostDraft) -> HostDraft:
    facts = draft.facts
    weights = _weights(facts, host)
    name = container_name(facts, host)
    container = Container(
        name=name,
        role=facts.side or host.facts.role,
        image=_image(draft),
        processes=host.processes,
        environment=host.variables.shared,
        secrets=host.variables.secrets,
        prepended=host.variables.prepended,
        mounts=tuple(_mounts(draft, host, weights)),
        devices=tuple(_devices(facts, host)),
        gpus=_gpus(facts),
        network=Option(
            "host", decided("containers", "ranks, Ray and NCCL choose ports of their own on the node's network")
        ),
        ipc=_ipc(host),
        shm_size=_shm_size(host),
        limits=tuple(_limits(host)),
        capabilities=tuple(_capabilities(host)),
        restart=_restart(draft),
        watches=host.watches,
        probes=tuple(_probes(facts, host)),
        start_script=f"start-{name}.sh",
        setup=_setup(draft, host),
        files=tuple(file for file, _ in _files(draft, host)),
        stop_timeout_s=STOP_TIMEOUT_S,
        log_size=Setting("max-size", LOG_SIZE, looked_up("containers", "a log must not fill the disk", LOG_SOURCE)),
        sourced=tuple(_sourced(facts)),
        log_files=Setting("max-file", LOG_FILES, looked_up("containers", "three files of it are kept", LOG_SOURCE)),
        privileged=_privileged(host),
        unset=_unset(facts, host),
    )
    return replace(host, containers=(container,), weights=weights)


def container_name(facts: Facts, host: HostDraft) -> str:
    """Return a name that no other deployment, variant or role on the node has."""
    role = "" if host.facts.role == "single" or facts.ranks_are_servers else host.facts.role
    words = [facts.name, facts.variant or "", facts.side or "", role]
    return "-".join(word for word in words if word)


def _image(draft: Draft) -> Image:
    image = draft.facts.image
    return Image(image.ref or "", image.digest, image.id, draft.reasons.why("engine", "image"))


def _weights(facts: Facts, host: HostDraft) -> tuple[Weights, ...]:
    path = host.facts.model.path
    cache = f"{host.cache_dir}/huggingface"
    model = Weights(
        repository=facts.model.id or "",
        revision=facts.model.revision,
        hub=facts.model.hub or "huggingface",
        path=host.facts.on_node(path) if path else cache,
        in_hub_cache=path is None,
        bytes=facts.disk_bytes,
        # Published sizes are rounded ("~115 GB"), and a folder holds tokenizer and licence too.
        tolerance=0.05,
    )
    part = facts.draft_model
    if part is None:
        return (model,)
    draft = replace(
        model,
        repository=part.id or PurePosixPath(part.path or "").name,
        revision=part.revision,
        hub=model.hub if part.id else "none",
        path=host.facts.on_node(part.path) if part.path else cache,
        in_hub_cache=part.path is None,
        bytes=facts.draft_bytes,
    )
    return (model, draft)


def _mounts(draft: Draft, host: HostDraft, weights: tuple[Weights, ...]) -> Iterator[Mount]:
    # The engine is told the head's paths; a host that keeps its weights elsewhere shows them there.
    head = _weights(draft.facts, draft.hosts[0])
    keys = (("model", "path"), ("serving", "speculative", "model", "path"))
    for entry, at, key in zip(weights, head, keys, strict=False):
        if not entry.in_hub_cache:
            to = entry.path if at.in_hub_cache else at.path
            yield Mount(entry.path, to, True, "weights", host.reasons.why(*key))
    for cache in words_of(draft.facts).caches:
        yield Mount(
            f"{host.cache_dir}/{cache.folder}",
            f"/cache/{cache.folder}",
            False,
            "cache",
            decided("caches", f"kept on the node between starts: {cache.what}"),
        )
    for secret in host.variables.secrets:
        yield Mount(secret.file, secret.to, True, "secret", secret.because)
    for file, place in _files(draft, host):
        if place is not None:
            yield Mount(f"{host.install_dir}/files/{file.name}", place, True, "file", file.because)
    for index, mount in enumerate(host.facts.container.mounts or ()):
        source = host.facts.on_node(mount.host)
        yield Mount(
            source,
            mount.to or source,
            bool(mount.read_only),
            "author",
            host.reasons.why("container", "mounts", index),
        )
    hardware = draft.facts.hardware
    for path in _driver_files(draft.facts):
        yield Mount(
            path, path, True, "driver", looked_up("hardware", f"driver files of {hardware.title}" if hardware else "")
        )


def _driver_files(facts: Facts) -> tuple[str, ...]:
    if facts.hardware is None:
        return ()
    return (*facts.hardware.mounts, *(facts.hardware.mounts_among_peers if facts.talks_to_peers else ()))


def _devices(facts: Facts, host: HostDraft) -> Iterator[Device]:
    hardware = facts.hardware
    if hardware is None:
        return
    for path in hardware.devices:
        yield Device(path, looked_up("hardware", f"an accelerator device of {hardware.title}"))
    if host.fabric.kind == "roce":
        for path in hardware.rdma_devices:
            yield Device(
                path,
                looked_up(
                    "hardware",
                    "RDMA devices; without them NCCL falls back to sockets",
                    "eugr/spark-vllm-docker run-cluster-node.sh",
                ),
            )


def _sourced(facts: Facts) -> Iterator[Option]:
    for path in facts.hardware.sourced if facts.hardware else ():
        why = "the image's own entrypoint reads it, and this start script stands in its place"
        yield Option(path, looked_up("hardware", why, "https://github.com/Ascend/cann-container-image"))


def _unset(facts: Facts, host: HostDraft) -> Unset | None:
    if facts.side is None:
        return None
    names = tuple(name for name in HTTP_PROXIES if name not in (host.facts.spec.env or {}))
    why = "requests between the machines would go through the site's proxy, which cannot reach them"
    return Unset(names, looked_up("separation", why, HTTP_PROXIES_SOURCE))


def _gpus(facts: Facts) -> Option | None:
    hardware = facts.hardware
    if hardware is None or hardware.gpus is None:
        return None
    return Option(
        hardware.gpus, looked_up("hardware", f"{hardware.accelerators_per_node} accelerator in {hardware.title}")
    )


def _ipc(host: HostDraft) -> Option | None:
    wanted = host.facts.container.ipc
    if wanted is not None:
        return Option(wanted, host.reasons.why("container", "ipc"))
    if host.facts.container.shm_size is not None:
        return None
    return Option(
        "host",
        decided(
            "containers",
            "workers exchange tensors through shared memory; 64 MB of a private /dev/shm are not enough",
            "https://github.com/Avarok-Cybersecurity/dgx-vllm",
        ),
    )


def _shm_size(host: HostDraft) -> Setting | None:
    size = host.facts.container.shm_size
    return Setting("shm-size", str(size), host.reasons.why("container", "shm_size")) if size is not None else None


def _limits(host: HostDraft) -> Iterator[Limit]:
    if host.fabric.kind != "roce":
        return
    why = looked_up(
        "interconnects", "RDMA registers memory, which must be locked", "eugr/spark-vllm-docker run-cluster-node.sh"
    )
    yield Limit("memlock", -1, -1, why)
    yield Limit("stack", 67108864, 67108864, why)


def _capabilities(host: HostDraft) -> Iterator[Option]:
    if host.fabric.kind == "roce":
        yield Option(
            "IPC_LOCK",
            looked_up(
                "interconnects",
                "locks the memory that RDMA registers",
                "christopherowen/dgx-spark-networking docs/host-prerequisites.md",
            ),
        )


def _privileged(host: HostDraft) -> Option | None:
    if not host.facts.container.privileged:
        return None
    return Option("true", host.reasons.why("container", "privileged"))


def _restart(draft: Draft) -> Restart:
    part = draft.facts.spec.restart
    policy = part.policy if part else None
    attempts = part.attempts if part else None
    because: Because = (
        draft.reasons.why("restart")
        if part
        else decided(
            "containers",
            f"{DEFAULT_ATTEMPTS} attempts, since each reload takes up to 25 minutes and a leak needs a reboot",
        )
    )
    return Restart(
        on_failure=policy != "no",
        attempts=attempts or DEFAULT_ATTEMPTS,
        pause_s=GROUP_PAUSE_S if _starts_as_group(draft.facts) else PAUSE_S,
        because=because,
    )


def _starts_as_group(facts: Facts) -> bool:
    """Tell whether containers end and start together without Ray, which would do so by itself."""
    return facts.spans_nodes_itself or (facts.ranks_are_servers and facts.data > 1)


def _probes(facts: Facts, host: HostDraft) -> Iterator[Probe]:
    if not facts.has_server(host.facts):
        # Headless ranks and raylets have no /health of an API; their start script watches the head instead.
        return
    words = words_of(facts)
    fact = HttpOk("127.0.0.1", facts.serving.port or words.default_port, "/health")
    because = Because(Origin.PASS, "service", "", words.health_says)
    limit = words.health_timeout_s
    yield Probe("startup", fact, HEALTH_PERIOD_S, limit, FIRST_START_S // HEALTH_PERIOD_S, because)
    yield Probe("liveness", fact, HEALTH_PERIOD_S * 3, limit, 5, because)
    yield Probe("readiness", fact, HEALTH_PERIOD_S, limit, 3, because)


def _files(draft: Draft, host: HostDraft) -> Iterator[tuple[File, str | None]]:
    """Yield each file that is brought along to be read, and its place in the container when the author chose one."""
    for index, part in enumerate(host.facts.container.files or ()):
        name = f"file-{index:02d}-{PurePosixPath(part.file).name}"
        why = host.reasons.why("container", "files", index)
        yield File(name, draft.facts.files.get(part.file, ""), why), part.to
    template = chat_template(draft)
    if template is not None:
        yield template, None
    if draft.facts.spans_nodes_itself:
        yield BEACON, None


def _setup(draft: Draft, host: HostDraft) -> tuple[File, ...]:
    names = host.facts.container.setup or ()
    return tuple(
        File(
            # Numbered, so that two scripts of one name keep their order and neither hides the other.
            name=f"{index:02d}-{PurePosixPath(name).name}",
            text=draft.facts.files.get(name, ""),
            because=host.reasons.why("container", "setup", index),
        )
        for index, name in enumerate(names)
    )
