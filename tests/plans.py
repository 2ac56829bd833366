"""Plans built by hand, for tests of what stands after the Plan: targets, rules that read it, the runbook.

The numbers belong to the published launch of MiniMax M2.7 MXFP4 on two DGX Sparks
(https://al-engr.com/minimax-m2.7-dual-spark.html); names, addresses and paths are examples.
"""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from typing import Any

from sparkc.plan import (
    Because,
    Condition,
    Container,
    Device,
    Evaluation,
    Fabric,
    Figure,
    File,
    HttpOk,
    Image,
    InterfaceUp,
    Layout,
    Limit,
    Marker,
    MemoryAvailable,
    Mount,
    Need,
    Node,
    NodeMemory,
    Option,
    Origin,
    Plan,
    Port,
    Probe,
    Process,
    RayNodes,
    Reservation,
    Restart,
    Route,
    Secret,
    Service,
    Setting,
    Ssh,
    Step,
    TcpOpen,
    Trouble,
    Watch,
    Weights,
)

GIB = 1024**3
HEAD, WORKER = "10.0.0.1", "10.0.0.2"
INTERFACE = "enp1s0f0np0"
INSTALL_DIR = "/home/ops/sparkc/minimax-m27"
MODEL_PATH = "/srv/models/MiniMax-M2.7-MXFP4"
HUB_CACHE = "/home/ops/.cache/huggingface"
COMPILE_CACHE = "/home/ops/.cache/vllm"
NEEDED_FREE = 100 * GIB
LAUNCH = "https://al-engr.com/minimax-m2.7-dual-spark.html"

HOSTILE = (
    "two words",
    "it's \"quoted\" 'twice'",
    "$(touch pwned)",
    "`touch pwned`",
    "${HOME} $HOME $$",
    "100% %n %s %%",
    "a;touch pwned",
    "&& touch pwned || touch pwned",
    "> pwned",
    "line one\nline two\n\ntouch pwned\n",
    '{"mode": "VLLM_COMPILE", "sizes": [1, 2], "note": "it\'s"}',
    "-rf",
    "--",
    "naïve ✓ 火 ’quoted’",
    "tab\tand\rreturn",
    "back\\slash\\",
    "~/home",
    "* ? [a-z] {a,b}",
    "!history",
    "# a comment",
    "{{ 7 * 7 }} {% raw %} {# gone #}",
    " blanks at both ends ",
    "",
    "\x1b[31mred\x1b[0m\x07\x7f",
    "shellcheck disable=SC2086",
    "<script>alert(1)</script> | [link](javascript:x) **bold**",
    "right\u202eto left\u2066 zero\u200bwidth \u2028 separator \x85 next line",
    "EOF\n)\n}\ntouch pwned\n",
    "a,b=c:d",
)
"""Texts that break careless quoting. None may run, and each must arrive as it is."""

NASTY = "".join(HOSTILE)


def spec(key: str, reason: str) -> Because:
    """Return the reason of something that the author wrote."""
    return Because(Origin.SPEC, "specs/minimax-m27.yaml", key, reason)


def rule(name: str, reason: str, link: str | None = LAUNCH) -> Because:
    """Return the reason of something that a rule proposed."""
    return Because(Origin.RULE, name, name, reason, link)


def derived(name: str, reason: str) -> Because:
    """Return the reason of something that a pass worked out."""
    return Because(Origin.PASS, name, name, reason)


def _arguments() -> tuple[Setting, ...]:
    return (
        Setting("--host", "0.0.0.0", spec("serving.host", "clients reach it from the lab network")),
        Setting("--port", "8002", spec("serving.port", "port 8002, as clients know it")),
        Setting("--served-model-name", "minimax-m2.7", spec("serving.served_model_name", "the name clients send")),
        Setting("--tensor-parallel-size", "2", spec("parallelism.tensor", "one GPU on each of 2 nodes")),
        Setting("--distributed-executor-backend", "ray", spec("engine.executor", "Ray joins the 2 nodes")),
        Setting(
            "--gpu-memory-utilization",
            "0.82",
            spec("serving.memory", "0.85 ran into the memory monitor at 100K tokens"),
        ),
        Setting("--max-model-len", "131072", spec("serving.max_model_len", "131072 tokens fit beside the weights")),
        Setting("--load-format", "fastsafetensors", spec("serving.load_format", "115 GB load in parallel")),
        Setting("--enable-auto-tool-choice", None, rule("tool-parser-unused", "a tool parser alone is not used")),
        Setting("--tool-call-parser", "minimax_m2", spec("serving.tool_call_parser", "the model's own format")),
        Setting("--trust-remote-code", None, spec("model.trust_remote_code", "the checkpoint brings its own code")),
    )


def _engine() -> Process:
    return Process(
        name="engine",
        role="driver",
        program=("vllm", "serve"),
        operands=(Setting("model", MODEL_PATH, spec("model.path", "the weights lie on the node")),),
        arguments=_arguments(),
        environment=(
            Setting("OMP_NUM_THREADS", "8", spec("env.OMP_NUM_THREADS", "8 of 20 cores")),
            Setting("RAY_DEDUP_LOGS", "0", rule("ray-logs-folded", "each worker's lines show while loading")),
        ),
        waits_for=(
            Condition(
                RayNodes(2, 2),
                "2 Ray nodes with 2 GPUs",
                1800,
                "Look at the worker's log; it says what it waits for.",
                rule("driver-starts-alone", "with 1 node vLLM serves on 1 GPU and says nothing"),
            ),
        ),
        foreground=True,
        ranks=(0,),
        ready_line="Application startup complete",
    )


def _raylet(head: bool) -> Process:
    memory = Condition(
        MemoryAvailable(NEEDED_FREE),
        "100 GiB of available memory",
        180,
        "Stop what else runs on this node, or reboot it.",
        derived("memory", "0.82 of 119.67 GiB, and 2 GiB beside it"),
    )
    interface = Condition(
        InterfaceUp(INTERFACE, HEAD if head else WORKER),
        f"{INTERFACE} with {HEAD if head else WORKER}",
        300,
        "Look at the cable and at the address of the port.",
        derived("conditions", "a node that boots has no address yet"),
    )
    own = (
        Setting("--node-ip-address", HEAD if head else WORKER, rule("ray-address-guessed", "2 nodes, 2 addresses")),
        Setting(
            "--object-store-memory",
            "1073741824",
            rule("object-store-uncapped", "30 % of 119 GiB would go to the store"),
        ),
        Setting("--num-gpus", "1", derived("processes", "1 GPU on each node")),
    )
    monitor_off = Setting(
        "RAY_memory_monitor_refresh_ms",
        "0",
        rule("ray-memory-monitor-on", "the head rests at 96 %, the monitor kills at 95 %"),
    )
    if head:
        return Process(
            name="raylet",
            role="raylet",
            program=("ray", "start"),
            operands=(),
            arguments=(
                Setting("--head", None, derived("processes", "the first node leads")),
                *own,
                Setting("--port", "6379", derived("ports", "Ray's own default")),
            ),
            environment=(monitor_off,),
            waits_for=(memory, interface),
            foreground=False,
        )
    return Process(
        name="raylet",
        role="raylet",
        program=("ray", "start"),
        operands=(),
        arguments=(
            Setting("--address", f"{HEAD}:6379", derived("processes", "the head's Ray")),
            *own,
            Setting("--block", None, rule("worker-outlives-head", "ends when the head is lost, so that it joins anew")),
        ),
        environment=(monitor_off,),
        waits_for=(
            memory,
            interface,
            Condition(
                TcpOpen(HEAD, 6379),
                f"the Ray head at {HEAD}:6379",
                1800,
                "Look at the head's log: is its container running?",
                derived("conditions", "a worker cannot join before there is a head"),
            ),
        ),
        foreground=True,
        ranks=(1,),
    )


def _mounts() -> tuple[Mount, ...]:
    return (
        Mount(MODEL_PATH, MODEL_PATH, True, "weights", spec("model.path", "115 GB, mounted where the spec names them")),
        Mount(
            COMPILE_CACHE, "/root/.cache/vllm", False, "cache", rule("cache-not-kept", "4 minutes to start against 25")
        ),
    )


def _container(head: bool) -> Container:
    own, peer = (HEAD, WORKER) if head else (WORKER, HEAD)
    return Container(
        name="minimax-m27-head" if head else "minimax-m27-worker",
        role="head" if head else "worker",
        image=Image("eugr-vllm:latest", None, "sha256:" + "9f1c" * 16, spec("engine.image", "built on 2026-05-01")),
        processes=(_raylet(True), _engine()) if head else (_raylet(False),),
        environment=(
            Setting("VLLM_HOST_IP", own, rule("ray-address-guessed", "2 nodes, 2 addresses")),
            Setting("NCCL_SOCKET_IFNAME", INTERFACE, rule("interface-unnamed", "bootstrap over the fabric")),
        ),
        secrets=(
            Secret(
                "HF_TOKEN",
                "hf_token",
                f"{INSTALL_DIR}/secrets/hf_token",
                "/run/secrets/hf_token",
                spec("env.HF_TOKEN", "gated models need it"),
            ),
        ),
        prepended=(
            Setting("LD_LIBRARY_PATH", "/opt/nccl/lib", spec("env.LD_LIBRARY_PATH", "NCCL 2.30.4 before 2.28.9")),
        ),
        mounts=_mounts(),
        devices=(Device("/dev/infiniband", rule("rdma-devices-missing", "NCCL opens the HCAs through it")),),
        gpus=Option("all", derived("containers", "1 GPU on each node")),
        network=Option("host", derived("containers", "Ray and NCCL open ports as they like")),
        ipc=Option("host", derived("containers", "workers share memory")),
        shm_size=None,
        limits=(Limit("memlock", -1, -1, rule("memlock-limited", "RDMA pins its buffers")),),
        capabilities=(Option("IPC_LOCK", rule("memlock-limited", "RDMA pins its buffers")),),
        restart=Restart(True, 3, 30, spec("restart", "3 loads of 25 minutes, then a person looks")),
        watches=(
            Watch(
                TcpOpen(peer, 6379 if not head else 6380),
                f"Ray at {peer}",
                10,
                6,
                derived("restart", "a rank that is lost hangs the other one"),
            ),
        ),
        probes=(
            (
                Probe(
                    "readiness",
                    HttpOk("127.0.0.1", 8002, "/health"),
                    10,
                    5,
                    3,
                    derived("probes", "/health answers 200 once the weights are in"),
                ),
            )
            if head
            else ()
        ),
        start_script="start-minimax-m27-head.sh" if head else "start-minimax-m27-worker.sh",
        setup=(),
        files=(),
        stop_timeout_s=120,
        log_size=Setting("max-size", "20m", rule("logs-unbounded", "20 MB each")),
        log_files=Setting("max-file", "3", rule("logs-unbounded", "3 files")),
    )


def _memory() -> NodeMemory:
    total = 128_495_000_000
    return NodeMemory(
        total=total,
        unified=True,
        budget=round(0.82 * total),
        terms=(),
        checks=(),
        kv_bytes_per_token=63_488,
        kv_tokens=None,
        kv_tokens_low=None,
        kv_tokens_high=None,
        concurrency=None,
        needed_free=NEEDED_FREE,
    )


def _node(head: bool) -> Node:
    return Node(
        name="spark-1" if head else "spark-2",
        index=0 if head else 1,
        role="head" if head else "worker",
        hardware="dgx-spark",
        ssh=Ssh("spark-1.lan" if head else "spark-2.lan", "ops", None),
        user="ops",
        home="/home/ops",
        sudo="passwordless",
        install_dir=INSTALL_DIR,
        fabric=Fabric(
            "roce", INTERFACE, HEAD if head else WORKER, ("rocep1s0f0", "roceP2p1s0f0"), mtu=9000, speed_gbps=200
        ),
        containers=(_container(head),),
        steps=(
            Step(
                "drop-page-cache",
                "every_start",
                True,
                ("sysctl", "--write", "vm.drop_caches=3"),
                "Dropping the page cache",
                rule("page-cache-kept", "115 GB of weights stay cached after a crash"),
            ),
        ),
        cache_dirs=(COMPILE_CACHE, HUB_CACHE),
        ports=(
            (
                Port(8002, "engine", "OpenAI API", "clients", ("serving", "port")),
                Port(6379, "raylet", "Ray head", "peers", ("engine", "ray", "port")),
            )
            if head
            else (Port(6380, "raylet", "Ray worker", "peers", ("engine", "ray", "port")),)
        ),
        reservations=() if head else (Reservation("comfyui", 8 * GIB, (8188,)),),
        weights=(
            Weights(
                "olka-fi/MiniMax-M2.7-MXFP4",
                None,
                "huggingface",
                MODEL_PATH,
                in_hub_cache=False,
                bytes=115_000_000_000,
                tolerance=0.02,
            ),
        ),
        memory=_memory(),
    )


def _service() -> Service:
    return Service(
        task="generate",
        node="spark-1",
        answered_by="minimax-m27-head",
        container="minimax-m27-head",
        host=HEAD,
        port=8002,
        health_path="/health",
        model_names=("minimax-m2.7",),
        api_key=None,
        sampling=(
            Setting("temperature", "1.0", derived("service", "the model card's own"), structured=True),
            Setting("top_p", "0.95", derived("service", "the model card's own"), structured=True),
        ),
        calls_tools=True,
        reasons=True,
        forbidden_text=("]~b]", "[e~["),
        markers=(
            Marker(
                "Using MARLIN .*MxFp4",
                "MXFP4 experts run on Marlin",
                True,
                derived("markers", "the kernel that was measured"),
            ),
        ),
        harmless_lines=(
            Marker(
                "does not have native support for FP4",
                "Marlin is the faster path on this GPU",
                False,
                derived("markers", "looks bad, is not"),
            ),
        ),
        first_start_s=1800,
        warm_start_s=420,
    )


def _bench() -> Process:
    return Process(
        name="bench",
        role="client",
        program=("vllm", "bench", "serve"),
        operands=(),
        arguments=(
            Setting("--base-url", "http://127.0.0.1:8002", derived("bench", "inside the serving container")),
            Setting("--model", "minimax-m2.7", derived("bench", "the served name")),
        ),
        environment=(),
        waits_for=(),
        foreground=True,
    )


def two_sparks(**changes: Any) -> Plan:
    """Return the M2.7 MXFP4 launch over Ray on two DGX Sparks, with some fields of the Plan replaced."""
    plan = Plan(
        name="minimax-m27",
        variant=None,
        spec_path="specs/minimax-m27.yaml",
        summary="MiniMax M2.7 MXFP4 on 2 DGX Sparks with vLLM 0.18.1rc1 over Ray",
        model="olka-fi/MiniMax-M2.7-MXFP4",
        revision=None,
        quant="mxfp4",
        engine="vllm",
        engine_version="0.18.1rc1",
        hardware="dgx-spark",
        topology="direct",
        layouts=(layout(),),
        nodes=(_node(True), _node(False)),
        routes=(Route(("spark-2", "minimax-m27-worker"), ("spark-1", "minimax-m27-head"), ("Ray head, port 6379",)),),
        service=_service(),
        bench=_bench(),
        evaluation=Evaluation(
            prompt=Setting("prompt", "2048", derived("evaluation", "the load of the published figures")),
            longest_answer=Setting("longest_answer", "32768", derived("evaluation", "suits most data sets")),
            depth=Setting("depth", "65536", derived("evaluation", "half of the context")),
        ),
        figures=(Figure("generation, 1 request", "12.4 tok/s", "llama-benchy tg128", LAUNCH),),
        troubles=(
            Trouble(
                "Free memory on device cuda:0 (11.19/119.67 GiB) is less than desired GPU memory utilization",
                "the page cache of the last load still fills the pool",
                "drop the page cache on both nodes, then start again",
                LAUNCH,
            ),
        ),
        needs=((Need.SEVERAL_NODES, derived("needs", "2 nodes")), (Need.ROOT_STEPS, derived("needs", "drop caches"))),
        targets=("shell",),
    )
    return replace(plan, **changes)


def layout(**changes: Any) -> Layout:
    """Return how the two Sparks share the model."""
    both = Layout(
        side=None,
        nodes=("spark-1", "spark-2"),
        executor="ray",
        tensor_parallel=2,
        pipeline_parallel=1,
        data_parallel=1,
        expert_parallel=1,
        max_model_len=131072,
        max_num_seqs=None,
        decode=None,
    )
    return replace(both, **changes)


def one_spark() -> Plan:
    """Return a launch on a single Spark: one container, one process, no fabric, no Ray."""
    plan = two_sparks()
    container = plan.head.containers[0]
    engine = replace(
        _engine(),
        role="engine",
        arguments=tuple(
            setting
            for setting in _arguments()
            if setting.key not in ("--tensor-parallel-size", "--distributed-executor-backend")
        ),
        waits_for=(_raylet(True).waits_for[0],),
    )
    node = replace(
        plan.head,
        role="single",
        fabric=Fabric("none", None, "127.0.0.1", (), None, None),
        containers=(
            replace(
                container,
                name="minimax-m27",
                role="single",
                start_script="start-minimax-m27.sh",
                processes=(engine,),
                environment=(),
                secrets=(),
                devices=(),
                watches=(),
            ),
        ),
        ports=(Port(8002, "engine", "OpenAI API", "clients", ("serving", "port")),),
    )
    return replace(
        plan,
        nodes=(node,),
        service=replace(plan.service, answered_by="minimax-m27", container="minimax-m27", host="127.0.0.1"),
        layouts=(layout(nodes=("spark-1",), tensor_parallel=1, executor="mp"),),
        routes=(),
        topology="single",
        needs=(),
    )


_FREE_TEXT = frozenset({"reason", "layer", "where", "says", "else_do", "summary", "purpose", "proves", "meaning", "do"})


def hostile() -> Plan:
    """Return the two-Spark launch with every free text replaced by what breaks careless quoting.

    The head's engine gets each text of `HOSTILE` as the value of `--text-<n>` and of `TEXT_<n>`; its container gets
    the environment `SHARED_<n>` and `PATHS_<n>` (prepended), its mounts and secrets paths made of them, and a file
    whose content is hostile.
    Names that have a grammar of their own (containers, processes, variables) keep it.
    """
    plan = _poisoned(two_sparks())
    node = plan.head
    container = node.containers[0]
    raylet, engine = container.processes
    because = spec(NASTY, NASTY)

    def settings(prefix: str) -> tuple[Setting, ...]:
        return tuple(Setting(f"{prefix}{n}", text, because) for n, text in enumerate(HOSTILE))

    engine = replace(
        engine,
        operands=(Setting("model", f"{MODEL_PATH}/{_segment(NASTY)}", because),),
        arguments=(*settings("--text-"), Setting("--many", HOSTILE, because), Setting("--bare", None, because)),
        environment=settings("TEXT_"),
    )
    container = replace(
        container,
        processes=(raylet, engine),
        environment=settings("SHARED_"),
        prepended=tuple(replace(setting, key=f"PATHS_{setting.key}") for setting in settings("")),
        secrets=tuple(
            replace(secret, file=f"/srv/{_segment(NASTY)}", to=f"/run/{_segment(HOSTILE[1])}")
            for secret in container.secrets
        ),
        mounts=tuple(
            Mount(f"/srv/{n}{_segment(text)}", f"/in/{n}{_segment(text)}", n % 2 == 0, "author", because)
            for n, text in enumerate(HOSTILE)
        ),
        files=(File("template.jinja", NASTY + "\n", because),),
    )
    node = replace(
        node,
        containers=(container,),
        steps=(*node.steps, Step("say", "up", False, ("printf", "%s\\n", *HOSTILE), NASTY, because)),
        cache_dirs=tuple(f"/srv/cache/{n}{_segment(text)}" for n, text in enumerate(HOSTILE)),
        reservations=(Reservation(NASTY, GIB, (8188,)),),
        weights=tuple(replace(weights, path=f"/srv/{_segment(NASTY)}", repository=NASTY) for weights in node.weights),
    )
    return replace(plan, spec_path=f"specs/{_segment(NASTY)}.yaml", nodes=(node, *plan.nodes[1:]))


def _segment(text: str) -> str:
    """Return the text as one segment of a path."""
    return text.replace("/", "⁄")


def _poisoned(value: Any) -> Any:
    """Return the same value with every free text in it replaced."""
    if isinstance(value, tuple):
        return tuple(_poisoned(item) for item in value)
    if not is_dataclass(value) or isinstance(value, type):
        return value
    changes = {
        field.name: NASTY if field.name in _FREE_TEXT else _poisoned(getattr(value, field.name))
        for field in fields(value)
        if field.init
    }
    return replace(value, **changes)
