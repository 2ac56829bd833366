"""The ascend target: what every target has, and what evaluates the service."""

from __future__ import annotations

import ast
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml

import plans
from committed import REPOSITORY, TODAY, committed
from sparkc.artifact import Artifact
from sparkc.cli.toolbox import toolbox
from sparkc.driver import Compilation, compile_spec
from sparkc.plan import Plan
from sparkc.source.project import Plugins
from sparkc_targets.ascend import TARGET
from sparkc_targets.shell import TARGET as SHELL
from tools import need_tool

A3 = committed("minimax-m27-w8a8-a3", "short-context")
PLANS = [
    pytest.param(A3, id="A3"),
    pytest.param(committed("minimax-m27-w8a8-a2"), id="A2"),
    pytest.param(committed("minimax-m27-w8a8-a3", "c8"), id="without drafts"),
    pytest.param(committed("minimax-m27-w8a8-a3-pd", "corrected"), id="prefill and decode apart"),
    pytest.param(plans.hostile(), id="hostile"),
]


def on_the_serving_node(plan: Plan) -> dict[str, Artifact]:
    folder = f"ascend/nodes/{plan.service.node}/"
    files = [artifact for artifact in TARGET.render(plan) if artifact.path.startswith(folder)]
    return {artifact.path.removeprefix(folder): artifact for artifact in files}


def laid_out(plan: Plan, folder: Path) -> Path:
    for name, artifact in on_the_serving_node(plan).items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(artifact.text)
    return folder


@pytest.mark.parametrize("plan", PLANS)
def test_beside_the_evaluation_it_is_the_shell_target(plan: Plan) -> None:
    own = {artifact.path.removeprefix("ascend/"): artifact.text for artifact in TARGET.render(plan)}
    shell = {artifact.path.removeprefix("shell/"): artifact.text for artifact in SHELL.render(plan)}
    node = f"nodes/{plan.service.node}"

    assert set(own) - set(shell) == {f"{node}/evaluate.sh", f"{node}/evaluation/vllm_api_general_chat.py"}
    assert {path for path in shell if own[path] != shell[path]} == {f"{node}/SHA256SUMS"}


@pytest.mark.parametrize("plan", PLANS)
def test_bash_shellcheck_and_shfmt_have_nothing_to_say(plan: Plan, tmp_path: Path) -> None:
    here = laid_out(plan, tmp_path)
    scripts = ["evaluate.sh", "node.sh", *(script.name for script in here.glob("run-*.sh"))]
    scripts += [script.name for script in here.glob("start-*.sh")]
    for command in (
        ["bash", "-n", "evaluate.sh"],
        [need_tool("shellcheck"), "--severity=style", "--external-sources", *scripts],
        [need_tool("shfmt"), "-d", "-i", "2", "-ci", *scripts],
    ):
        found = subprocess.run(command, cwd=here, capture_output=True, text=True)
        assert (found.returncode, found.stdout, found.stderr) == (0, "", "")


# --- AISBench --------------------------------------------------------------------------------------------------------


def described(plan: Plan, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Run the description as AISBench does, with stand-ins for its classes."""
    text = on_the_serving_node(plan)["evaluation/vllm_api_general_chat.py"].text
    for name, member in (
        ("models", "VLLMCustomAPIChat"),
        ("utils.model_postprocessors", "extract_non_reasoning_content"),
    ):
        module = ModuleType(f"ais_bench.benchmark.{name}")
        setattr(module, member, member)
        monkeypatch.setitem(sys.modules, module.__name__, module)
    for name in ("ais_bench", "ais_bench.benchmark", "ais_bench.benchmark.utils"):
        monkeypatch.setitem(sys.modules, name, ModuleType(name))
    names: dict[str, Any] = {}
    exec(compile(ast.parse(text), "description", "exec"), names)
    [model] = names["models"]
    return dict(model)


def test_aisbench_is_told_about_this_service(monkeypatch: pytest.MonkeyPatch) -> None:
    told = described(A3, monkeypatch)

    assert told["path"] == "/root/.cache/weights/MiniMax-M2.7-w8a8-QuaRot"
    assert (told["model"], told["host_ip"], told["host_port"]) == ("MiniMax-M2.7", "127.0.0.1", 8000)
    assert told["generation_kwargs"] == {"temperature": 1.0, "top_p": 0.95, "top_k": 40}
    assert (told["max_out_len"], told["batch_size"]) == (32768, 48)


def test_an_answer_leaves_room_for_its_question(monkeypatch: pytest.MonkeyPatch) -> None:
    assert described(committed("minimax-m27-w8a8-a3", "low-latency"), monkeypatch)["max_out_len"] == 16384


@pytest.mark.parametrize("text", plans.HOSTILE)
def test_a_name_is_data_to_python_and_to_bash(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = replace(A3, service=replace(A3.service, model_names=(text,)), name=text, spec_path=text)
    here = laid_out(plan, tmp_path)

    assert described(plan, monkeypatch)["model"] == text
    asked = subprocess.run(
        ["bash", "-c", f'source <(sed "/^main /d" {here}/evaluate.sh); printf "%s|" "$model"'],
        cwd=tmp_path,
        capture_output=True,
    )
    assert asked.stdout.decode() == f"{text}|"
    assert not (tmp_path / "pwned").exists()


# --- evaluate.sh -----------------------------------------------------------------------------------------------------

# Plays `node.sh exec`: runs the words here, with what the container holds.
NODE = """#!/bin/bash
[[ $1 == exec ]] || exit 64
printf '%s\\n' "$2" >>"$RECORD/container"
shift 2
PATH=$RECORD/inside:$PATH exec "$@"
"""
RECORDER = """#!/bin/bash
printf '%s\\n' "key=${OPENAI_API_KEY:-none}" "$PWD" "$@" >>"$RECORD/${0##*/}"
"""


def evaluate(plan: Plan, tmp_path: Path, *words: str, inside: tuple[str, ...] = ("lm_eval", "pip")) -> tuple[int, str]:
    here = laid_out(plan, tmp_path / "install")
    (here / "node.sh").write_text(NODE)
    for folder, programs in (("inside", inside), ("outside", ("ais_bench",))):
        (tmp_path / folder).mkdir()
        for program in programs:
            (tmp_path / folder / program).write_text(RECORDER)
            (tmp_path / folder / program).chmod(0o755)
    ended = subprocess.run(
        ["bash", str(here / "evaluate.sh"), *words],
        env={"PATH": f"{tmp_path}/outside:/usr/bin:/bin", "RECORD": str(tmp_path)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    return ended.returncode, ended.stderr


@pytest.mark.parametrize("trusts", [True, False])
def test_code_of_a_checkpoint_is_run_where_the_author_trusts_it_and_nowhere_else(trusts: bool, tmp_path: Path) -> None:
    plan = replace(A3, trusts_remote_code=trusts)
    assert evaluate(plan, tmp_path, "lm-eval") == (0, "")
    assert f"trust_remote_code={trusts}" in (tmp_path / "lm_eval").read_text()
    assert f"trust_remote_code={trusts}," in on_the_serving_node(plan)["evaluation/vllm_api_general_chat.py"].text


def test_lm_eval_asks_for_the_served_name_with_the_models_own_tokenizer(tmp_path: Path) -> None:
    assert evaluate(A3, tmp_path, "lm-eval") == (0, "")

    words = (tmp_path / "lm_eval").read_text().splitlines()[2:]
    arguments = (
        "model=MiniMax-M2.7,tokenizer=/root/.cache/weights/MiniMax-M2.7-w8a8-QuaRot,"
        "base_url=http://127.0.0.1:8000/v1/completions,tokenized_requests=False,trust_remote_code=True"
    )
    assert words == [
        "--model",
        "local-completions",
        "--model_args",
        arguments,
        "--tasks",
        "gsm8k",
        "--output_path",
        "./",
    ]
    assert set((tmp_path / "container").read_text().split()) == {"minimax-m27-w8a8-a3-short-context"}


def test_lm_eval_takes_several_tasks(tmp_path: Path) -> None:
    evaluate(A3, tmp_path, "lm-eval", "gsm8k", "mmlu")

    assert "gsm8k,mmlu" in (tmp_path / "lm_eval").read_text().splitlines()


def test_the_key_reaches_lm_eval_in_its_environment_alone(tmp_path: Path) -> None:
    key = tmp_path / "key"
    key.write_text("sk-secret\n")
    secret = replace(plans.two_sparks().head.containers[0].secrets[0], to=str(key))
    plan = replace(A3, service=replace(A3.service, api_key=secret))

    assert evaluate(plan, tmp_path, "lm-eval") == (0, "")
    first, *rest = (tmp_path / "lm_eval").read_text().splitlines()
    assert first == "key=sk-secret"
    assert not [word for word in rest if "sk-secret" in word]


def test_a_missing_lm_eval_says_how_to_get_it(tmp_path: Path) -> None:
    status, err = evaluate(A3, tmp_path, "lm-eval", inside=())

    assert status == 69
    assert "lm_eval is not installed in minimax-m27-w8a8-a3-short-context" in err
    assert "evaluate.sh install-lm-eval" in err


def test_lm_eval_is_installed_in_the_container(tmp_path: Path) -> None:
    evaluate(A3, tmp_path, "install-lm-eval")

    assert (tmp_path / "pip").read_text().splitlines()[2:] == ["install", "lm-eval[api]"]


@pytest.mark.parametrize(
    ("verb", "dataset", "options"),
    [
        ("ais-bench", "gsm8k_gen_0_shot_cot_chat_prompt.py", ["--mode", "all", "--dump-eval-details", "--merge-ds"]),
        ("ais-bench-speed", "gsm8k_gen_0_shot_cot_str_perf.py", ["--summarizer", "default_perf", "--mode", "perf"]),
    ],
)
def test_aisbench_runs_in_its_checkout_with_the_description(
    verb: str, dataset: str, options: list[str], tmp_path: Path
) -> None:
    checkout = tmp_path / "check out"
    models = checkout / "ais_bench/benchmark/configs/models/vllm_api"
    models.mkdir(parents=True)

    assert evaluate(A3, tmp_path, verb, str(checkout)) == (0, "")
    _, where, *words = (tmp_path / "ais_bench").read_text().splitlines()
    assert where == str(checkout)
    assert words == ["--models", "vllm_api_general_chat", "--datasets", dataset, *options]
    own = tmp_path / "install/evaluation/vllm_api_general_chat.py"
    assert (models / "vllm_api_general_chat.py").read_text() == own.read_text()


@pytest.mark.parametrize(
    ("words", "status", "says"),
    [
        ((), 64, "there is no verb"),
        (("lm_eval",), 64, "there is no verb lm_eval"),
        (("ais-bench",), 66, "is no checkout of AISBench"),
        (("ais-bench", "/nowhere"), 66, "/nowhere is no checkout of AISBench"),
    ],
)
def test_a_wrong_call_is_told_what_was_wrong(words: tuple[str, ...], status: int, says: str, tmp_path: Path) -> None:
    ended, err = evaluate(A3, tmp_path, *words)

    assert ended == status
    assert says in err


def test_a_name_that_lm_eval_would_take_apart_is_refused(tmp_path: Path) -> None:
    plan = replace(A3, service=replace(A3.service, model_names=("a,base_url=http://elsewhere",)))

    assert evaluate(plan, tmp_path, "lm-eval")[0] == 65
    assert not (tmp_path / "lm_eval").exists()


# --- whom it is for --------------------------------------------------------------------------------------------------


def compiled(tmp_path: Path, spec: str, targets: list[str] | None) -> Compilation:
    text = yaml.safe_load((REPOSITORY / "specs" / f"{spec}.yaml").read_text())
    text |= {"targets": targets}
    file = tmp_path / "spec.yaml"
    file.write_text(yaml.safe_dump({key: value for key, value in text.items() if value is not None}))
    return compile_spec(file, tmp_path, toolbox(Plugins()), TODAY)


def test_it_comes_by_itself_for_vllm_ascend_and_for_no_other_engine(tmp_path: Path) -> None:
    for spec, wanted in (("minimax-m27-w8a8-a2", True), ("qwen36-35b-nvfp4", False)):
        tree = compiled(tmp_path, spec, None).tree
        assert tree is not None
        assert any(path.startswith("ascend/") for path in tree.files) is wanted
        assert any(path.startswith("quadlet/") for path in tree.files)


def test_asking_for_it_with_another_engine_is_a_finding(tmp_path: Path) -> None:
    compilation = compiled(tmp_path, "qwen36-35b-nvfp4", ["shell", "ascend"])
    [finding] = [finding for finding in compilation.findings if finding.rule == "target-of-another-engine"]

    assert compilation.has_errors
    assert finding.message == "the target `ascend` is made for vllm-ascend, and engine.name is vllm"
    assert finding.key == ("targets", 1)
    assert finding.help == "remove `ascend` from targets"
