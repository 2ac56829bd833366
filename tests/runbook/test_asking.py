"""How a deployment is asked and measured: what the runbook prints is run here, against stand-ins."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest
from test_runbook import readme, section

from plans import HOSTILE, hostile, spec, two_sparks
from sparkc.plan import Plan, Secret
from sparkc_targets.control import requests

HEADING = "## Ask it, and measure it"
RECORDER = """#!/bin/bash
printf '%s\\n' "stdin $(timeout 0.2 cat)" >>"$RECORD"
printf '%s\\0' "${0##*/}" "$@" >>"$RECORD.words"
"""


def fences(plan: Plan, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", section(readme(plan), HEADING), re.MULTILINE | re.DOTALL)


def commands(plan: Plan) -> list[list[str]]:
    return [shlex.split(line, posix=True) for block in fences(plan, "sh") for line in block.splitlines() if line]


def test_every_way_of_asking_and_measuring_stands_there() -> None:
    models, chat, fast, deep, lm_eval = commands(two_sparks())
    url = "http://10.0.0.1:8002"
    assert models == ["curl", "-sS", f"{url}/v1/models"]
    assert json.loads(chat[chat.index("-d") + 1]) == json.loads(requests.chat(two_sparks().service))
    assert chat[-1] == f"{url}/v1/chat/completions"
    assert fast[:3] == ["llama-benchy", "--base-url", f"{url}/v1"]
    assert fast[-8:] == ["--pp", "2048", "--tg", "128", "--concurrency", "1", "4", "8"]
    assert deep[-4:] == ["--depth", "65536", "--concurrency", "1"]
    assert lm_eval[0] == "lm_eval"
    assert f"base_url={url}/v1/completions" in lm_eval[lm_eval.index("--model_args") + 1]
    assert "65,536" in section(readme(two_sparks()), HEADING)


@pytest.mark.parametrize("plan", [two_sparks(), hostile()], ids=["two Sparks", "hostile"])
def test_the_python_client_sends_what_verify_sends(plan: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: dict[str, object] = {}
    answer = SimpleNamespace(choices=[SimpleNamespace(message=SimpleNamespace(content="hello"))])

    def create(**words: object) -> SimpleNamespace:
        sent.update(words)
        return answer

    module = ModuleType("openai")
    completions = SimpleNamespace(completions=SimpleNamespace(create=create))
    module.OpenAI = lambda **words: SimpleNamespace(chat=completions)  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "openai", module)
    [program] = fences(plan, "python")
    exec(compile(program, "runbook", "exec"), {})
    sampling = sent.pop("extra_body", {})
    assert isinstance(sampling, dict)
    assert {**sent, **sampling} == json.loads(requests.chat(plan.service))


def test_the_key_goes_to_curl_through_a_pipe(tmp_path: Path) -> None:
    secret = Secret("VLLM_API_KEY", "api-key", "/keys/one", "/run/secrets/one", spec("serving.api_key", "clients"))
    plan = two_sparks(service=replace(two_sparks().service, api_key=secret))
    (tmp_path / "curl").write_text(RECORDER)
    (tmp_path / "curl").chmod(0o755)
    ended = subprocess.run(
        ["bash", "-c", fences(plan, "sh")[0]],
        env={"PATH": f"{tmp_path}:/usr/bin:/bin", "RECORD": str(tmp_path / "record"), "OPENAI_API_KEY": "sk-secret"},
        capture_output=True,
        text=True,
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    assert (tmp_path / "record").read_text() == "stdin Authorization: Bearer sk-secret\n" * 2
    words = (tmp_path / "record.words").read_text()
    assert "sk-secret" not in words
    assert words.count("@-") == 2


@pytest.mark.parametrize("text", HOSTILE)
def test_a_name_is_data_in_every_command(text: str, tmp_path: Path) -> None:
    plan = two_sparks(service=replace(two_sparks().service, model_names=(text,)), model=text)
    for program in ("curl", "llama-benchy", "lm_eval"):
        (tmp_path / program).write_text(RECORDER)
        (tmp_path / program).chmod(0o755)
    for block in fences(plan, "sh"):
        ended = subprocess.run(
            ["bash", "-c", block],
            env={"PATH": f"{tmp_path}:/usr/bin:/bin", "RECORD": str(tmp_path / "record")},
            cwd=tmp_path,
            capture_output=True,
            text=True,
        )
        assert (ended.returncode, ended.stderr) == (0, "")
    words = (tmp_path / "record.words").read_bytes().decode(errors="surrogateescape").split("\0")
    assert words[words.index("--served-model-name") + 1] == text
    assert not (tmp_path / "pwned").exists()


def test_lm_eval_is_left_out_where_it_would_split_a_name() -> None:
    plan = two_sparks(service=replace(two_sparks().service, model_names=("a=b",)))
    assert [words[0] for words in commands(plan)] == ["curl", "curl", "llama-benchy", "llama-benchy"]
    assert "splits its arguments" in section(readme(plan), HEADING)


def test_a_model_that_generates_no_text_is_not_asked_so() -> None:
    plan = two_sparks(service=replace(two_sparks().service, task="embed"))
    assert HEADING not in readme(plan)
    assert "#ask-it" not in readme(plan)
