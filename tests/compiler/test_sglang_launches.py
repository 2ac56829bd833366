"""SGLang launches: the words of each version, hostile text, the key, and two nodes with stand-ins for the engine."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest
import yaml
from compiling import compiled_text

from sparkc.driver import Launch
from sparkc.findings import Severity
from sparkc.plan import Plan
from sparkc.resolve.beacon import PROGRAM

sys.path.insert(0, str(Path(__file__).parent.parent / "node"))
sys.path.insert(0, str(Path(__file__).parent.parent / "shell"))
from fleet import Fleet
from rig import Rig, Start, quick

EXAMPLES = Path(__file__).parent.parent.parent / "compiler/sparkc/rules/examples"
MARK = "/tmp/sparkc-hostile-text-ran"


def launch(folder: Path, base: str = "sglang", **changes: object) -> Launch:
    """Compile an example with whole keys replaced; keys inside are written with dots."""
    spec = yaml.safe_load((EXAMPLES / f"{base}.yaml").read_text(encoding="utf-8"))
    for key, value in changes.items():
        *around, last = key.split("__")
        place = spec
        for step in around:
            place = place.setdefault(step, {})
        place[last] = value
    return compiled_text(yaml.safe_dump(spec, allow_unicode=True), folder).launches[0]


def plan_of(found: Launch) -> Plan:
    assert found.plan is not None, [finding.message for finding in found.findings]
    return found.plan


def words(plan: Plan, node: int = 0) -> tuple[str, ...]:
    return plan.nodes[node].containers[0].processes[-1].argv


def rules_in(found: Launch) -> set[str]:
    return {finding.rule for finding in found.findings}


# --- the words of a version ------------------------------------------------------------------------------------------

EAGER = ("--disable-cuda-graph",)
NO_PIECES = ("--disable-piecewise-cuda-graph",)


def backends(decode: str, prefill: str) -> tuple[str, ...]:
    return ("--cuda-graph-backend-decode", decode, "--cuda-graph-backend-prefill", prefill)


@pytest.mark.parametrize(
    ("version", "mode", "said"),
    [
        ("0.5.5", "off", EAGER),
        ("0.5.10", "off", (*EAGER, *NO_PIECES)),
        ("0.5.12", "off", (*EAGER, *NO_PIECES)),
        ("0.5.23", "off", backends("disabled", "disabled")),
        ("0.5.5", "full_decode_only", ()),
        ("0.5.12", "full_decode_only", NO_PIECES),
        ("0.5.23", "full_decode_only", backends("full", "disabled")),
        ("0.5.5", "full_and_piecewise", ("--enable-piecewise-cuda-graph",)),
        ("0.5.12", "full_and_piecewise", ()),
        ("0.5.23", "full_and_piecewise", backends("full", "breakable")),
        ("0.5.12", "piecewise", EAGER),
        ("0.5.23", "full", backends("full", "full")),
    ],
)
def test_each_version_says_a_graph_mode_in_its_own_words(
    version: str, mode: str, said: tuple[str, ...], tmp_path: Path
) -> None:
    argv = words(plan_of(launch(tmp_path, engine__version=version, serving__cuda_graphs=mode)))
    assert tuple(word for word in argv if "graph" in word or word in ("full", "disabled", "breakable")) == said


@pytest.mark.parametrize(
    ("version", "tensor", "experts"),
    [
        ("0.5.5", "--tensor-parallel-size", "--expert-parallel-size"),
        ("0.5.10", "--tensor-parallel-size", "--expert-parallel-size"),
        ("0.5.12", "--tensor-parallel-size", "--expert-parallel-size"),
        ("0.5.23", "--tp-size", "--ep-size"),
    ],
)
def test_sizes_have_the_names_of_the_pinned_catalog(version: str, tensor: str, experts: str, tmp_path: Path) -> None:
    argv = words(
        plan_of(launch(tmp_path, "sglang-pair", engine__version=version, parallelism={"tensor": 2, "expert": 2}))
    )
    assert argv[:3] == ("python3", "-m", "sglang.launch_server")
    assert argv[3:5] == ("--model-path", "nvidia/MiniMax-M2.7-NVFP4")
    assert argv[argv.index(tensor) + 1] == "2"
    assert argv[argv.index(experts) + 1] == "2"


@pytest.mark.parametrize("version", ["0.5.5", "0.5.10", "0.5.12", "0.5.23"])
def test_every_flag_of_a_launch_is_one_of_the_version(version: str, tmp_path: Path) -> None:
    found = launch(
        tmp_path,
        engine__version=version,
        serving__prefix_caching=False,
        serving__speculative={"method": "NEXTN", "num_speculative_tokens": 2},
        model__trust_remote_code=True,
        serving__api_key={"secret": "api-key"},
    )
    assert {"flag-unknown", "flag-value-refused"} & rules_in(found) == set()
    argv = words(plan_of(found))
    catalog = yaml.safe_load((EXAMPLES.parent.parent / f"catalog/engines/sglang-{version}.json").read_text())
    known = {name for flag, entry in catalog["flags"].items() for name in (flag, *entry.get("aliases", ()))}
    assert {word for word in argv if word.startswith("--")} <= known
    assert {"--disable-radix-cache", "--trust-remote-code"} <= set(argv)


@pytest.mark.parametrize(
    ("speculative", "said"),
    [
        (
            {"method": "NEXTN", "num_speculative_tokens": 3},
            {"algorithm": "NEXTN", "num-steps": "3", "eagle-topk": "1", "num-draft-tokens": "4"},
        ),
        ({"method": "ngram", "num_speculative_tokens": 5}, {"algorithm": "NGRAM", "num-draft-tokens": "6"}),
        ({"method": "EAGLE"}, {"algorithm": "EAGLE"}),
        (
            {
                "method": "EAGLE3",
                "num_speculative_tokens": 3,
                "options": {"eagle_topk": 4, "num_draft_tokens": 16, "draft_model_path": "org/draft"},
            },
            {
                "algorithm": "EAGLE3",
                "num-steps": "3",
                "eagle-topk": "4",
                "num-draft-tokens": "16",
                "draft-model-path": "org/draft",
            },
        ),
    ],
)
def test_drafts_are_counted_as_sglang_counts(
    speculative: dict[str, object], said: dict[str, str], tmp_path: Path
) -> None:
    argv = words(plan_of(launch(tmp_path, serving__speculative=speculative)))
    found = {
        flag.removeprefix("--speculative-"): value
        for flag, value in pairwise(argv)
        if flag.startswith("--speculative-")
    }
    assert found == said


# --- what has no word ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "rule", "severity"),
    [
        ({"serving__prefix_caching": True}, "done-without-a-word", Severity.NOTE),
        ({"serving__chunked_prefill": True}, "done-without-a-word", Severity.NOTE),
        ({"model__trust_remote_code": False}, "done-without-a-word", Severity.NOTE),
        ({"serving__cuda_graphs": "full_and_piecewise"}, "done-without-a-word", Severity.NOTE),
        ({"serving__cuda_graphs": "full"}, "key-without-a-word", Severity.ERROR),
        ({"engine__executor": "ray"}, "key-without-a-word", Severity.ERROR),
        ({"engine__ray": {"port": 6380}}, "key-without-a-word", Severity.ERROR),
        ({"serving__chunked_prefill": False}, "key-without-a-word", Severity.ERROR),
        (
            {"serving__speculative": {"method": "NGRAM", "options": {"no_such": 1}}},
            "key-without-a-word",
            Severity.ERROR,
        ),
        ({"serving__memory": {"gpu_memory_utilization": 0.8}}, "memory-word-of-another-engine", Severity.ERROR),
        ({"args": {"disable-radix-cache": True}, "serving__prefix_caching": True}, "set-twice", Severity.ERROR),
        ({"args": {"mem-fraction-static": 0.8}}, "memory-fraction-in-args", Severity.WARNING),
        ({"args": {"context-length": 4096}}, "set-twice", Severity.ERROR),
        ({"args": {"node-rank": 1}}, "flag-differs-per-node", Severity.ERROR),
        ({"serving__kv_cache_dtype": "fp8"}, "flag-value-refused", Severity.ERROR),
        ({"env": {"SGLANG_ENABLE_SPEC_V3": "1"}}, "variable-unknown", Severity.WARNING),
        ({"engine__version": "0.5.10"}, "known-bad-combination", Severity.ERROR),
    ],
)
def test_what_sglang_cannot_be_told_is_a_finding(
    changes: dict[str, object], rule: str, severity: Severity, tmp_path: Path
) -> None:
    found = launch(tmp_path, **changes)
    assert {finding.severity for finding in found.findings if finding.rule == rule} == {severity}


def test_a_switch_without_a_negative_is_switched_off_by_leaving_it_out(tmp_path: Path) -> None:
    found = launch(tmp_path, args={"disable-radix-cache": False}, serving__prefix_caching=False)
    assert not [word for word in words(plan_of(found)) if "radix" in word]
    assert "set-twice" in rules_in(found)


@pytest.mark.parametrize(
    ("base", "kind", "spelled", "meant"),
    [
        ("sglang-pair", "tool_call_parser", "minimax_m2", "minimax-m2"),
        ("sglang-pair", "reasoning_parser", "minimax_append_think", "minimax-append-think"),
        ("pair", "tool_call_parser", "minimax-m2", "minimax_m2"),
        ("pair", "reasoning_parser", "minimax-m2-append-think", "minimax_m2_append_think"),
    ],
)
def test_the_other_engines_spelling_of_a_parser_is_found_once_with_the_right_one(
    base: str, kind: str, spelled: str, meant: str, tmp_path: Path
) -> None:
    found = launch(tmp_path, base, **{f"serving__{kind}": spelled})
    errors = [finding for finding in found.findings if finding.severity is Severity.ERROR]
    assert [finding.rule for finding in errors] == [f"{kind.partition('_')[0]}-parser-unknown"]
    assert errors[0].help == f"did you mean `{meant}`?"


def test_no_rule_about_ray_or_vllm_speaks_to_a_sglang_launch(tmp_path: Path) -> None:
    plan = plan_of(launch(tmp_path, "sglang-pair"))
    names = {setting.key for node in plan.nodes for setting in node.containers[0].environment}
    assert not [name for name in names if name.startswith(("RAY_", "VLLM_"))]
    assert {"SGLANG_HOST_IP", "SGLANG_CACHE_DIR", "HF_HOME", "FLASHINFER_WORKSPACE_BASE"} <= names


# --- lines of the log ------------------------------------------------------------------------------------------------

OBJECT = (
    "[2026-05-01 10:00:00] server_args=ServerArgs(model_path='x', tp_size=2, pp_size=1, kv_cache_dtype='fp8_e4m3', "
    "moe_runner_backend='flashinfer_cutlass', ep_size=1)"
)
MAPPING = (
    "server_args={'model_path': 'x', 'tp_size': 2, 'kv_cache_dtype': 'fp8_e4m3', "
    "'moe_runner_backend': 'flashinfer_cutlass'}"
)


def is_in(pattern: str, line: str) -> bool:
    return subprocess.run(["grep", "-qE", "--", pattern], input=line, text=True, check=False).returncode == 0


@pytest.mark.parametrize("line", [OBJECT, MAPPING], ids=["0.5.12", "0.5.23"])
def test_markers_are_found_in_the_line_that_each_version_prints(line: str, tmp_path: Path) -> None:
    markers = plan_of(launch(tmp_path, "sglang-pair")).service.markers
    assert len(markers) == 3
    for marker in markers:
        assert subprocess.run(["grep", "-qE", "--", marker.pattern], input=line, text=True, check=False).returncode == 0
        other = line.replace("tp_size", "dp_size").replace("fp8_e4m3", "auto").replace("flashinfer_c", "c")
        assert (
            subprocess.run(["grep", "-qE", "--", marker.pattern], input=other, text=True, check=False).returncode == 1
        )


# --- text stays data -------------------------------------------------------------------------------------------------

NASTY = [
    "two words",
    'it\'s "quoted" \\ and \\" more',
    f"$(touch {MARK})",
    f"a'; touch {MARK}; '",
    "100 %h %% ${HOME}",
    "größe ✓ 中文 🜁 # no comment",
    "true",
    "0123",
]


def started(plan: Plan, folder: Path, secret: str | None = None) -> tuple[tuple[str, ...], dict[str, str], str, Path]:
    """Run the head's start script with a stand-in for the engine; return its words, its variables and the log."""
    folder.mkdir()
    rig = Rig(folder)
    rig.stand_in("python3", "exit 0")
    rig.meminfo(MemTotal=200 * 1024**2, MemAvailable=199 * 1024**2, MemFree=199 * 1024**2)
    node = plan.nodes[0]
    container = node.containers[0]
    script = rig.install(plan, node) / container.start_script
    text = quick(script.read_text(), rig)
    for entry in container.secrets:
        (folder / "secret").write_text(f"{secret}\n")
        text = text.replace(entry.to, str(folder / "secret")).replace(entry.into or "\0", str(folder / "engine.yaml"))
    script.write_text(text)
    ended = Start(rig, script, {"LANG": "C.UTF-8"}).end()
    (call,) = rig.calls("python3")
    return call.argv, call.env, ended.log, folder / "engine.yaml"


@pytest.mark.parametrize("text", NASTY)
def test_any_text_arrives_and_nothing_runs(text: str, tmp_path: Path) -> None:
    found = launch(
        tmp_path / "project",
        args={"chat-template": text, "json-model-override-args": {text: [text]}},
        serving__speculative={"method": text, "options": {"draft_model_path": text}},
        serving__served_model_name=text,
    )
    argv, _, _, _ = started(plan_of(found), tmp_path / "node")
    for flag in ("--chat-template", "--speculative-draft-model-path", "--served-model-name"):
        assert argv[argv.index(flag) + 1] == text
    assert yaml.safe_load(argv[argv.index("--json-model-override-args") + 1]) == {text: [text]}
    assert not Path(MARK).exists()


@pytest.mark.parametrize("key", [*NASTY, "sk-plain-0123456789"])
def test_the_key_reaches_the_engine_through_a_file_that_only_it_can_read(key: str, tmp_path: Path) -> None:
    plan = plan_of(launch(tmp_path / "project", serving__api_key={"secret": "api-key"}))
    argv, env, log, file = started(plan, tmp_path / "node", key)
    assert argv[argv.index("--config") + 1] == str(file)
    assert yaml.safe_load(file.read_text(encoding="utf-8")) == {"api-key": key}
    assert file.stat().st_mode & 0o777 == 0o600
    # Four digits also stand in the times of the log.
    assert len(key) <= 4 or not [word for word in (*argv, *env.values(), log) if key in word]
    assert not Path(MARK).exists()


def test_a_key_of_two_lines_starts_nothing(tmp_path: Path) -> None:
    plan = plan_of(launch(tmp_path / "project", serving__api_key={"secret": "api-key"}))
    with pytest.raises(ValueError, match="not enough values"):
        started(plan, tmp_path / "node", "one\ntwo")
    assert "the secret api-key at" in (tmp_path / "node" / "log").read_text()
    assert "is more than one line" in (tmp_path / "node" / "log").read_text()


# --- two nodes -------------------------------------------------------------------------------------------------------

HEAD, WORKER = "127.0.0.2", "127.0.0.3"
LISTEN = """import os, socket, sys
server = socket.socket()
server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
server.bind((sys.argv[1], int(sys.argv[2])))
server.listen(64)
print("listening as", os.getpid(), flush=True)
while True:
    server.accept()[0].close()
"""


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


class Pair:
    """Both nodes of a launch on loopback addresses; the engine is a stand-in that listens where SGLang would."""

    def __init__(self, folder: Path) -> None:
        hosts = [
            {"name": "spark-1", "ssh": "192.168.1.11", "address": HEAD},
            {"name": "spark-2", "ssh": "192.168.1.12", "address": WORKER},
        ]
        found = launch(folder / "project", "sglang-pair", nodes__hosts=hosts, serving__host="0.0.0.0")
        assert rules_in(found) >= {"address-peers-cannot-dial"}, "loopback stands for the fabric in this test only"
        self.plan = plan_of(found)
        self.rendezvous, self.api, self.beacon = free_port(), free_port(), free_port()
        (folder / "listen.py").write_text(LISTEN)
        (folder / "beacon.py").write_text(PROGRAM)
        self.rigs = []
        for name, (address, port) in (("one", (HEAD, self.rendezvous)), ("two", (WORKER, self.api))):
            (folder / name).mkdir()
            rig = Rig(folder / name)
            rig.stand_in(
                "python3",
                f'[[ $1 != */beacon.py ]] || exec {sys.executable} {folder / "beacon.py"} "${{@:2}}"\n'
                f"exec {sys.executable} {folder / 'listen.py'} {address} {port}",
            )
            rig.meminfo(MemTotal=200 * 1024**2, MemAvailable=199 * 1024**2, MemFree=199 * 1024**2)
            rig.interface("enp1s0f0np0", address=address)
            self.rigs.append(rig)

    def start(self, index: int) -> Start:
        rig, node = self.rigs[index], self.plan.nodes[index]
        script = rig.install(self.plan, node) / node.containers[0].start_script
        text = quick(script.read_text(), rig)
        # The real ports may be taken on the machine of the test, and a minute is long.
        for real, free in ((20000, self.rendezvous), (30000, self.api), (29502, self.beacon)):
            text = re.sub(rf"(?<=[ :']){real}\b", str(free), text)
        text, watches = re.subn(r"(?m)^(  watch_peer .*) 10 6 ", r"\1 0.1 3 ", text)
        assert watches == 1
        script.write_text(text)
        return Start(rig, script, {"LANG": "C.UTF-8"})

    def engines(self, index: int) -> list[tuple[str, ...]]:
        """Return the command lines with which a node has started its engine."""
        calls = (call.argv for call in self.rigs[index].calls("python3"))
        return [argv for argv in calls if not argv[0].endswith("beacon.py")]


@pytest.fixture
def pair(tmp_path: Path) -> Pair:
    return Pair(tmp_path)


def engine_of(start: Start) -> int:
    """Return the process id of the stand-in under a start script."""
    start.wait_for("listening as")
    return int(start.log.partition("listening as ")[2].split()[0])


def test_a_worker_waits_for_the_head_and_each_node_gets_its_own_words(pair: Pair) -> None:
    worker = pair.start(1)
    worker.wait_for(f"waiting for spark-1 at {HEAD}:{pair.beacon}")
    assert pair.engines(1) == []
    head = pair.start(0)
    worker.wait_for("listening as")
    head.wait_for("watching the engine on spark-2 from now on")
    (one,), (two,) = pair.engines(0), pair.engines(1)
    for argv, rank in ((one, "0"), (two, "1")):
        assert argv[argv.index("--nnodes") + 1] == "2"
        assert argv[argv.index("--node-rank") + 1] == rank
        assert argv[argv.index("--dist-init-addr") + 1] == f"{HEAD}:{pair.rendezvous}"
    assert one[one.index("--host") + 1] == "0.0.0.0"
    assert two[two.index("--host") + 1] == WORKER, "its health is for the head alone"
    assert two.count("--host") == 1
    for started_node in (head, worker):
        started_node.signal(signal.SIGTERM)
        assert started_node.end().status == 143


@pytest.mark.parametrize("lost", [0, 1], ids=["the head", "the worker"])
def test_a_killed_rank_ends_the_group(pair: Pair, lost: int) -> None:
    head = pair.start(0)
    worker = pair.start(1)
    head.wait_for("watching the engine on spark-2 from now on")
    worker.wait_for("watching the engine on spark-1 from now on")
    starts = (head, worker)
    os.kill(engine_of(starts[lost]), signal.SIGKILL)
    assert starts[lost].end().status == 137
    survivor = starts[1 - lost].end()
    assert survivor.status == 70
    assert f"the engine on spark-{lost + 1} is gone" in survivor.log


def test_launch_sh_brings_both_nodes_up_and_waits_for_the_head_to_serve(tmp_path: Path) -> None:
    fleet = Fleet(tmp_path / "fleet", plan_of(launch(tmp_path / "project", "sglang-pair", model__size="115 GB")))
    fleet.serves()
    up = fleet.run("up")
    assert up.status == 0, up.text
    assert "serving minimax-m2.7" in up.out
    for node in ("spark-1", "spark-2"):
        assert "start" in [verb[0] for verb in fleet.verbs(node)]


def test_the_benchmark_asks_where_the_api_listens(tmp_path: Path) -> None:
    hosts = ("0.0.0.0", "10.0.0.1", "fd00::1")
    asked = [plan_of(launch(tmp_path / str(number), serving__host=host)).bench for number, host in enumerate(hosts)]
    urls = [process.argv[process.argv.index("--base-url") + 1] for process in asked if process]
    assert urls == ["http://127.0.0.1:30000", "http://10.0.0.1:30000", "http://[fd00::1]:30000"]


def test_a_beacon_says_what_is_true_of_the_engine(tmp_path: Path) -> None:
    """SGLang's other nodes answer on their own, once their ranks are ready; vLLM's never do."""
    plan = plan_of(launch(tmp_path, "sglang-pair"))
    said = [node.containers[0].processes[0].operands[0].because.reason for node in plan.nodes]
    assert said == [
        f"{name} is seen here by the others: its engine answers only once it is ready"
        for name in ("spark-1", "spark-2")
    ]


def test_data_parallel_attention_takes_further_ports_on_the_head(tmp_path: Path) -> None:
    plan = plan_of(
        launch(tmp_path, "sglang-pair", parallelism={"tensor": 2, "data": 2}, args={"enable-dp-attention": True})
    )
    assert [port.number for port in plan.head.ports] == [
        30000, 29502, 20000, 20001, 20002, 20003, 20004, 20005, 20013,
    ]  # fmt: skip
    assert plan.head.containers[0].processes[-1].ranks == (0,), "both replicas share two ranks"


def test_ports_of_both_nodes_are_known_before_the_start(pair: Pair) -> None:
    claims = [[(port.number, port.reach) for port in node.ports] for node in pair.plan.nodes]
    assert claims == [
        [(30000, "clients"), (29502, "peers"), (20000, "peers")],
        [(29502, "peers"), (30000, "peers")],
    ]
    assert [bool(node.containers[0].probes) for node in pair.plan.nodes] == [True, False]
    assert {probe.timeout_s for probe in pair.plan.head.containers[0].probes} == {25}
