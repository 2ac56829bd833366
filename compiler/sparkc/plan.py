"""What will run: every decision taken, each with its reason.

The Plan is the only thing that a target sees. It holds plain values: no defaults to look up, no engine or model to
ask about. Where a target would need an `if` about one of those, a field is missing here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal


class Origin(StrEnum):
    """Who decided a setting."""

    SPEC = "spec"
    RULE = "rule"
    CATALOG = "catalog"
    PASS = "pass"
    DEFAULT = "default"


@dataclass(frozen=True)
class Because:
    """Why a setting is there.

    Args:
        kind: who decided.
        layer: which file, variant, role or host said so; for others the name of the rule, catalog or pass.
        where: the key path in the spec (`serving.max_model_len`), or the place in the catalog.
        reason: one short sentence with the number in it. May hold text of the author's: data, never code.
        link: public origin of the fact.
    """

    kind: Origin
    layer: str
    where: str
    reason: str
    link: str | None = None


@dataclass(frozen=True)
class Setting:
    """One decided thing: a flag, a variable, an option.

    Args:
        key: as the program spells it (`--max-model-len`, `NCCL_IB_HCA`).
        value: exactly what arrives at the program. None is a bare flag. A tuple is one flag with several values.
        structured: the value is one JSON text and compares by meaning.
    """

    key: str
    value: str | tuple[str, ...] | None
    because: Because
    structured: bool = False

    @property
    def words(self) -> tuple[str, ...]:
        """Return the argv words of a flag: its name, then its values."""
        if self.value is None:
            return (self.key,)
        if isinstance(self.value, tuple):
            return (self.key, *self.value)
        return (self.key, self.value)


@dataclass(frozen=True)
class Secret:
    """A variable whose value lives on the node and in no artifact.

    Args:
        key: the variable.
        file: absolute path on the node, mounted read-only at `to`; the start script reads it.
        into: a YAML file in the container that the start script writes `key: value` to, for a program that reads its
            secret from there and from no variable; None exports the variable.
    """

    key: str
    name: str
    file: str
    to: str
    because: Because
    into: str | None = None


# --- what a process waits for, and watches ---------------------------------------------------------------------------


@dataclass(frozen=True)
class InterfaceUp:
    """A network interface exists, is up and carries the address."""

    interface: str
    address: str
    kind: Literal["interface_up"] = "interface_up"


@dataclass(frozen=True)
class TcpOpen:
    """Something listens at host:port."""

    host: str
    port: int
    kind: Literal["tcp"] = "tcp"


@dataclass(frozen=True)
class HttpOk:
    """A GET of the URL answers 200."""

    host: str
    port: int
    path: str
    kind: Literal["http"] = "http"


@dataclass(frozen=True)
class RayNodes:
    """`ray status` in the container shows this many live nodes and GPUs."""

    nodes: int
    gpus: int
    kind: Literal["ray_nodes"] = "ray_nodes"


@dataclass(frozen=True)
class MemoryAvailable:
    """MemAvailable of the node is at least this many bytes."""

    bytes: int
    kind: Literal["memory_available"] = "memory_available"


Fact = InterfaceUp | TcpOpen | HttpOk | RayNodes | MemoryAvailable


@dataclass(frozen=True)
class Condition:
    """A fact that must hold before a process starts.

    Args:
        fact: what is looked at.
        says: what the start script prints while it waits ("the Ray head at 10.0.0.1:6379").
        timeout_s: seconds before it gives up with a message.
        else_do: what the person reading that message should do.
    """

    fact: Fact
    says: str
    timeout_s: int
    else_do: str
    because: Because


@dataclass(frozen=True)
class Watch:
    """A peer that must stay reachable while the container runs; when it is gone the whole group starts anew.

    It counts from the first time the peer was reachable: a peer that is still starting is not lost.

    Args:
        period_s: seconds between looks.
        misses: how many looks in a row must fail.
    """

    fact: TcpOpen
    says: str
    period_s: int
    misses: int
    because: Because


@dataclass(frozen=True)
class Probe:
    """How a supervisor asks a container for its health; `startup` ends once, the others go on."""

    kind: Literal["startup", "liveness", "readiness"]
    fact: HttpOk | TcpOpen
    period_s: int
    timeout_s: int
    failures: int
    because: Because


# --- what runs -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Port:
    """A port that a process binds on its node. `reach` says who must get to it, `key` what in the spec moves it."""

    number: int
    process: str
    purpose: str
    reach: Literal["local", "peers", "clients"]
    key: tuple[str, ...]
    protocol: Literal["tcp", "udp"] = "tcp"


@dataclass(frozen=True)
class Process:
    """One program in a container.

    Args:
        name: unique in the container ("raylet", "engine").
        role: what it is for the catalog of variables: raylet, driver, worker, proxy, headless.
        program: leading argv words (`("vllm", "serve")`).
        operands: positional words, each with its reason.
        arguments: flags in the order in which they are written.
        environment: variables that only this process gets; the container's come first.
        waits_for: conditions, looked at one after the other before it starts.
        foreground: the container lives as long as this process; others return once their daemon runs.
        ranks: global ranks whose weights this process or its children hold on this node.
        ready_line: a log line that says it serves; None when only its port tells.
    """

    name: str
    role: str
    program: tuple[str, ...]
    operands: tuple[Setting, ...]
    arguments: tuple[Setting, ...]
    environment: tuple[Setting, ...]
    waits_for: tuple[Condition, ...]
    foreground: bool
    ranks: tuple[int, ...] = ()
    ready_line: str | None = None

    @property
    def argv(self) -> tuple[str, ...]:
        """Return the whole command line, word by word."""
        operands = tuple(
            word for setting in self.operands if isinstance(setting.value, str) for word in (setting.value,)
        )
        return (*self.program, *operands, *(word for setting in self.arguments for word in setting.words))


@dataclass(frozen=True)
class Mount:
    """A path of the node seen in a container.

    Args:
        kind: weights must exist before the start; a cache is created; a file is brought by sparkc; a secret has
            mode 0600; an author's own mount must exist; so must the files of the accelerator's driver.
    """

    host: str
    to: str
    read_only: bool
    kind: Literal["weights", "cache", "file", "secret", "author", "driver"]
    because: Because


@dataclass(frozen=True)
class Device:
    """A device node given to a container, same path inside."""

    path: str
    because: Because


@dataclass(frozen=True)
class Limit:
    """A ulimit; -1 is unlimited. Units are those of setrlimit(2): bytes for memlock and stack, counts for nofile."""

    name: str
    soft: int
    hard: int
    because: Because


@dataclass(frozen=True)
class Image:
    """The image of a container.

    Args:
        reference: what `docker run` is given.
        digest: `sha256:…` of the registry's manifest, when pinned that way.
        id: `sha256:…` of a locally built image's configuration, when pinned that way.
    """

    reference: str
    digest: str | None
    id: str | None
    because: Because

    @property
    def is_pinned(self) -> bool:
        """Tell whether one exact image is meant."""
        return self.digest is not None or self.id is not None

    @property
    def name(self) -> str:
        """Return what to run: the reference, with its digest when it has one, or the id of a local build."""
        if self.digest:
            return f"{self.reference.partition('@')[0]}@{self.digest}"
        return self.id or self.reference


@dataclass(frozen=True)
class Restart:
    """What happens when a container ends with an error.

    Args:
        on_failure: whether it is started again.
        attempts: how often in all before it is left alone.
        pause_s: seconds between two starts.
    """

    on_failure: bool
    attempts: int
    pause_s: int
    because: Because


@dataclass(frozen=True)
class Option:
    """A yes/no or worded property of a container (`network`, `ipc`, `shm_size`, `gpus`), with its reason."""

    value: str
    because: Because


FILES = "/sparkc/files"
"""Where a container finds the files that sparkc brings to the node."""


@dataclass(frozen=True)
class File:
    """A small file that sparkc brings to the node beside the start script (a patch, a template).

    Args:
        name: file name in the node's install folder, below `files/`.
        text: its whole content.
    """

    name: str
    text: str
    because: Because

    @property
    def path(self) -> str:
        """Return where the container finds it."""
        return f"{FILES}/{self.name}"


@dataclass(frozen=True)
class Unset:
    """Variables that no process of a container gets, whatever the image or the container engine says."""

    names: tuple[str, ...]
    because: Because


@dataclass(frozen=True)
class Container:
    """One container on one node.

    Args:
        name: unique on the node, a valid container name.
        role: head or worker of its group, or single; prefill, decode or proxy where those are apart.
        processes: in start order; exactly the last is in the foreground.
        environment: variables of every process in it.
        prepended: variables whose value goes before the image's own, joined by a colon; the start script does it.
        start_script: file name in the install folder; mounted and used as the entrypoint.
        setup: files that the start script runs before the first process.
        sourced: scripts of the image, or patterns of their paths, whose variables every process gets; those that the
            image does not have are left out.
        shm_size: bytes, or None; never together with `ipc` host.
        stop_timeout_s: how long the engine may take to end.
        privileged: every device and capability of the node, when the author asks for it.
        unset: variables that are taken out before the first process; None when all stay.
    """

    name: str
    role: str
    image: Image
    processes: tuple[Process, ...]
    environment: tuple[Setting, ...]
    secrets: tuple[Secret, ...]
    prepended: tuple[Setting, ...]
    mounts: tuple[Mount, ...]
    devices: tuple[Device, ...]
    gpus: Option | None
    network: Option
    ipc: Option | None
    shm_size: Setting | None
    limits: tuple[Limit, ...]
    capabilities: tuple[Option, ...]
    restart: Restart
    watches: tuple[Watch, ...]
    probes: tuple[Probe, ...]
    start_script: str
    setup: tuple[File, ...]
    files: tuple[File, ...]
    stop_timeout_s: int
    log_size: Setting
    log_files: Setting
    privileged: Option | None = None
    sourced: tuple[Option, ...] = ()
    unset: Unset | None = None


@dataclass(frozen=True)
class Step:
    """Something done on a node outside the containers.

    Args:
        name: kebab-case (`drop-page-cache`).
        trigger: when: once at install, at each `up`, before every start of a container, at stop.
        as_root: needs root's powers; otherwise the login user runs it.
        argv: the command, word by word.
        says: one line for the person watching.
    """

    name: str
    trigger: Literal["install", "up", "every_start", "stop"]
    as_root: bool
    argv: tuple[str, ...]
    says: str
    because: Because


@dataclass(frozen=True)
class Ssh:
    """How a node is reached. None fields are left to the user's ssh configuration."""

    host: str
    user: str | None
    port: int | None


@dataclass(frozen=True)
class Fabric:
    """What carries traffic between nodes, as seen from one of them.

    Args:
        interface: socket traffic: bootstrap, Gloo, Ray.
        address: this node's address on it; what peers dial.
        hcas: RDMA devices of the data path; empty for tcp.
        mtu: bytes, when declared.
        speed_gbps: link speed in Gb/s, when declared or known for the port.
    """

    kind: Literal["roce", "tcp", "none"]
    interface: str | None
    address: str
    hcas: tuple[str, ...]
    mtu: int | None
    speed_gbps: int | None


@dataclass(frozen=True)
class Reservation:
    """Another service on the node that keeps its memory and ports."""

    name: str
    bytes: int
    ports: tuple[int, ...]


@dataclass(frozen=True)
class Weights:
    """A folder of model files that must stand on a node.

    Args:
        repository: Hub id; the folder's name for what no hub has.
        revision: Hub commit, when pinned.
        hub: where it comes from when no node has it; `none` has what was made on the nodes themselves.
        path: absolute, on the node; the model's folder, or the Hub cache when `in_hub_cache`.
        bytes: size on disk, when the catalog or the spec knows it.
        tolerance: by how much the size may be off, as a fraction.
    """

    repository: str
    revision: str | None
    hub: Literal["huggingface", "modelscope", "none"]
    path: str
    in_hub_cache: bool
    bytes: int | None
    tolerance: float


# --- memory ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class MemoryTerm:
    """One part of a node's memory, in bytes per node.

    Args:
        low: lower end of the band; equals `bytes` where the term is exact.
        formula: the arithmetic with its numbers, readable with a pocket calculator.
        source: where the formula or the number comes from.
        inside_budget: taken out of the engine's fraction rather than out of the rest.
    """

    name: str
    bytes: int
    low: int
    high: int
    formula: str
    source: str
    inside_budget: bool


@dataclass(frozen=True)
class MemoryCheck:
    """One predicate of the launch on one node.

    Args:
        name: free-at-start, load-peak, kv-positive, kv-one-request, host-headroom, ray-threshold.
        verdict: `tight` lies inside the band; `unknown` says in `explanation` what is missing.
        found: bytes there are; None when unknown.
        wanted: bytes needed; None when unknown.
        ways_out: computed values that would pass, each as an instruction.
    """

    name: str
    verdict: Literal["yes", "tight", "no", "unknown"]
    found: int | None
    wanted: int | None
    explanation: str
    ways_out: tuple[str, ...] = ()


@dataclass(frozen=True)
class Capacity:
    """How many requests of one length the KV cache holds at once.

    Args:
        context: tokens of each request.
        need: bytes that one of them takes on one rank.
        requests: expected; `low` and `high` at the ends of the cache's band.
    """

    context: int
    need: int
    requests: float
    low: float
    high: float


@dataclass(frozen=True)
class DecodeBound:
    """An estimate of how fast one request can be decoded at best. It decides nothing.

    Args:
        active_bytes: weights that one token reads, over all ranks.
        bandwidth: bytes per second that one accelerator was measured to read.
        reached_low, reached_high: share of such an estimate that similar launches reached; None when none is known.
        reached_by: which launches.
    """

    tokens_per_second: float
    active_bytes: int
    bandwidth: int
    formula: str
    reached_low: float | None
    reached_high: float | None
    reached_by: str
    link: str


@dataclass(frozen=True)
class NodeMemory:
    """The memory of one node: its pool, what goes into it, and what that means for the launch.

    Args:
        total: bytes that the device reports (unified: the same pool as the host's).
        budget: bytes that the engine may take (fraction times total), None when unknown.
        kv_tokens: how many tokens the KV cache holds, with its band; None when unknown.
        kv_bytes_per_token: on one rank of this node; None when unknown.
        needed_free: MemAvailable in bytes that the node must show before the launch goes on.
        capacities: requests at once over lengths up to the wanted context; empty when unknown.
        kv_pin: bytes for `--kv-cache-memory-bytes` that make every boot the same; None when unknown or not the
            engine's.
    """

    total: int
    unified: bool
    budget: int | None
    terms: tuple[MemoryTerm, ...]
    checks: tuple[MemoryCheck, ...]
    kv_bytes_per_token: int | None
    kv_tokens: int | None
    kv_tokens_low: int | None
    kv_tokens_high: int | None
    concurrency: float | None
    needed_free: int | None
    kv_pin: int | None = None
    capacities: tuple[Capacity, ...] = ()


# --- the whole -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Node:
    """One machine and everything that happens on it.

    Args:
        install_dir: absolute; start scripts, checks, secrets and logs of this deployment live there on every target.
        sudo: passwordless, password or none; what the login user may do. `root` when it logs in as root.
        cache_dirs: host folders created once and kept.
        ports: all ports bound on this node.
        images: what must be there before a start.
    """

    name: str
    index: int
    role: str
    hardware: str
    ssh: Ssh
    user: str
    home: str
    sudo: Literal["root", "passwordless", "password", "none"]
    install_dir: str
    fabric: Fabric
    containers: tuple[Container, ...]
    steps: tuple[Step, ...]
    cache_dirs: tuple[str, ...]
    ports: tuple[Port, ...]
    reservations: tuple[Reservation, ...]
    weights: tuple[Weights, ...]
    memory: NodeMemory


@dataclass(frozen=True)
class Marker:
    """A line of the engine's log and what it proves.

    Args:
        pattern: POSIX extended regular expression.
        proves: what is in use when the line is there.
        required: verify fails without it; otherwise it only reports.
    """

    pattern: str
    proves: str
    required: bool
    because: Because


@dataclass(frozen=True)
class InsideCheck:
    """A command that must succeed in the serving container, once it runs.

    Args:
        name: of the check, one or two words.
        argv: the command, word by word.
        proves: what is well when it succeeds.
        else_do: what to do when it does not.
    """

    name: str
    argv: tuple[str, ...]
    proves: str
    else_do: str
    because: Because


@dataclass(frozen=True)
class Figure:
    """A published measurement to hold one's own against."""

    what: str
    value: str
    setup: str
    link: str


@dataclass(frozen=True)
class Trouble:
    """An error message that people met, what it means, and what to do."""

    symptom: str
    meaning: str
    do: str
    link: str


@dataclass(frozen=True)
class Service:
    """What clients talk to and how it is verified.

    Args:
        task: generate, embed or rerank: decides what verify sends.
        lists_models: it answers `/v1/models`; a proxy may not.
        node: name of the node that serves.
        answered_by: the container that clients dial.
        container: the container of an engine on that node, whose log holds the markers.
        api_key: the secret that clients must send, when there is one.
        sampling: the model's own sampling parameters, as JSON members of a request.
        forbidden_text: control tokens that must not appear in an answer.
        harmless_lines: log lines that look bad and are not.
        first_start_s: seconds a first start may take; `warm_start_s` with filled caches.
        inside: what is tried in the serving container.
    """

    task: Literal["generate", "embed", "rerank"]
    node: str
    answered_by: str
    container: str
    host: str
    port: int
    health_path: str
    model_names: tuple[str, ...]
    api_key: Secret | None
    sampling: tuple[Setting, ...]
    calls_tools: bool
    reasons: bool
    forbidden_text: tuple[str, ...]
    markers: tuple[Marker, ...]
    harmless_lines: tuple[Marker, ...]
    first_start_s: int
    warm_start_s: int
    inside: tuple[InsideCheck, ...] = ()
    lists_models: bool = True


@dataclass(frozen=True)
class Layout:
    """How the model is cut over one group of ranks.

    Args:
        side: prefill or decode where these are apart; None where one group does both.
        nodes: their names, the head first.
        executor: what carries the ranks: ray, mp (the engine's own processes) or uni (one rank).
        decode: the roofline of one request; None when it cannot be told.
    """

    side: str | None
    nodes: tuple[str, ...]
    executor: str
    tensor_parallel: int
    pipeline_parallel: int
    data_parallel: int
    expert_parallel: int
    max_model_len: int | None
    max_num_seqs: int | None
    decode: DecodeBound | None


@dataclass(frozen=True)
class Route:
    """Who dials whom: a line from one container to another.

    Args:
        source, target: node and container.
        carries: what goes there, one thing a line.
    """

    source: tuple[str, str]
    target: tuple[str, str]
    carries: tuple[str, ...]


@dataclass(frozen=True)
class Evaluation:
    """What evaluations of the model are given, so that their figures can be compared.

    Args:
        prompt: tokens of a request when speed is measured.
        longest_answer: tokens that an answer may take; with its question it stays below the context.
        depth: tokens of conversation in front of a request, for speed in a long context.
    """

    prompt: Setting
    longest_answer: Setting
    depth: Setting


class Need(StrEnum):
    """Something a Plan may ask of a target."""

    SEVERAL_NODES = "several nodes started as one group"
    HOST_STEPS_AT_UP = "host steps before a start that a person asks for"
    HOST_STEPS_BEFORE_RESTART = "host steps before every restart"
    ROOT_STEPS = "host steps with root's powers"
    SECRETS = "secrets from a file on the node"
    DEVICES = "device nodes in the container"
    HOST_IPC = "the host's IPC namespace"
    SHM_SIZE = "a shared-memory size"
    RESTART_LIMIT = "a restart that gives up after a number of attempts"
    RESTART_PAUSE = "a pause between restarts"
    HEALTH = "health checks"
    COPIES = "copying images and weights between nodes"


@dataclass(frozen=True)
class Plan:
    """One deployment, fully decided.

    Args:
        name: of the spec; folder below `generated/`.
        variant: None for the base.
        spec_path: the spec as the user would name it, relative to the project, with forward slashes.
        summary: one line for people: model, quant, machines, engine.
        needs: what a target must be able to express.
        nccl: version in the image, when the spec states it; `ray_version` likewise.
        layouts: one for each group of ranks.
        routes: which containers dial which.
        bench: a process to run inside the serving container; None when the engine has none.
        trusts_remote_code: the author lets code that came with the checkpoint run.
        least_memory_percent: the engine refuses unless the least free node has so much of what the others have; None
            where it does not compare.
    """

    name: str
    variant: str | None
    spec_path: str
    summary: str
    model: str
    revision: str | None
    quant: str
    engine: str
    engine_version: str
    hardware: str
    topology: str
    layouts: tuple[Layout, ...]
    nodes: tuple[Node, ...]
    routes: tuple[Route, ...]
    service: Service
    bench: Process | None
    evaluation: Evaluation
    figures: tuple[Figure, ...]
    troubles: tuple[Trouble, ...]
    needs: tuple[tuple[Need, Because], ...]
    targets: tuple[str, ...] = field(default=())
    nccl: str | None = None
    ray_version: str | None = None
    fork_provides: tuple[str, ...] = ()
    least_memory_percent: int | None = None
    trusts_remote_code: bool = False

    @property
    def head(self) -> Node:
        """Return the first node: it serves, and the others join it."""
        return self.nodes[0]

    @property
    def folder(self) -> str:
        """Return the output folder, relative to `generated/`."""
        return self.name if self.variant is None else f"{self.name}/{self.variant}"

    @property
    def title(self) -> str:
        """Return the name a person would say: `minimax-m27` or `minimax-m27 (published)`."""
        return self.name if self.variant is None else f"{self.name} ({self.variant})"
