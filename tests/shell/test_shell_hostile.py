"""Texts that break careless quoting arrive as they are, over ssh and through a POSIX login shell, and none runs."""

from __future__ import annotations

import json
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from fleet import Fleet

import plans
from plans import HOSTILE, NASTY
from sparkc.plan import Figure, Marker, Node, Secret, Setting, Trouble
from sparkc_targets.control.deployment import facts_of
from sparkc_targets.shell import TARGET

# One path segment cannot hold a slash, and a name has at most 255 bytes.
FOLDERS = tuple(text.replace("/", "⁄") for text in HOSTILE if text)


@pytest.fixture
def fleet(tmp_path: Path) -> Fleet:
    """Return a fleet whose every free text is hostile: paths on the nodes, names of models, arguments, log lines."""
    plan = plans.two_sparks()
    because = plans.spec(NASTY, NASTY)
    bench = replace(
        plan.bench,
        arguments=tuple(Setting("--text", text, because) for text in HOSTILE),
        environment=tuple(Setting(f"TEXT_{n}", text, because) for n, text in enumerate(HOSTILE)),
    )
    key = tmp_path / FOLDERS[2] / "key"
    key.parent.mkdir()
    key.write_text("key")
    service = replace(
        plan.service,
        model_names=HOSTILE[1:],
        sampling=tuple(Setting(f"text_{n}", text, because) for n, text in enumerate(HOSTILE)),
        forbidden_text=HOSTILE,
        markers=tuple(Marker(text, text, False, because) for text in ("$(touch pwned)", "-rf", "`touch pwned`")),
        harmless_lines=(Marker("-e", NASTY, False, because),),
        api_key=Secret("KEY", NASTY, str(key), "/run/key", because),
    )
    plan = replace(
        plan,
        summary=NASTY,
        spec_path=f"specs/{NASTY}",
        bench=bench,
        service=service,
        figures=tuple(Figure(text, text, text, text) for text in HOSTILE),
        troubles=tuple(Trouble(text, text, text, text) for text in HOSTILE if text.strip()),
        nodes=tuple(_with_hostile_paths(node) for node in plan.nodes),
    )
    return Fleet(tmp_path / "fleet", plan, below="/".join(FOLDERS[:9]))


def _with_hostile_paths(node: Node) -> Node:
    because = plans.spec(NASTY, NASTY)
    ports = tuple(replace(port, purpose=NASTY) for port in node.ports)
    weights = tuple(
        replace(item, path="/" + "/".join(FOLDERS[:20]), repository=f"org/{FOLDERS[7]}") for item in node.weights
    )
    containers = tuple(
        replace(container, image=replace(container.image, because=because)) for container in node.containers
    )
    return replace(node, ports=ports, weights=weights, containers=containers)


def nothing_ran(fleet: Fleet) -> bool:
    return not list(fleet.root.parent.rglob("pwned"))


def test_every_text_of_the_deployment_is_what_bash_reads(tmp_path: Path) -> None:
    plan = plans.hostile()
    text = next(artifact.text for artifact in TARGET.render(plan) if artifact.path == "shell/deployment.sh")
    (tmp_path / "deployment.sh").write_text(text)
    for group in facts_of(plan):
        for name, value in group.variables:
            script = f'. ./deployment.sh; (( ${{#{name}[@]}} == 0 )) || printf "%s\\0" "${{{name}[@]}}"'
            done = subprocess.run(["bash", "-c", script], cwd=tmp_path, capture_output=True, check=True)
            found = tuple(done.stdout.decode().split("\0")[:-1])
            assert found == (value if isinstance(value, tuple) else (value,)), name
    assert [path.name for path in tmp_path.iterdir()] == ["deployment.sh"]


def test_an_install_folder_of_any_name_is_used_under_that_name(tmp_path: Path) -> None:
    plan = plans.two_sparks()
    fleet = Fleet(tmp_path, plan, below="/".join(FOLDERS))
    fleet.serves()
    ended = fleet.run("up")
    assert ended.status == 0, ended.text
    assert (fleet.install_dir("spark-2") / "node.sh").exists()
    assert fleet.install_dir("spark-2").name == FOLDERS[-1]
    assert nothing_ran(fleet)


def test_the_arguments_of_the_benchmark_arrive(fleet: Fleet) -> None:
    fleet.serves()
    assert fleet.run("up").status == 0
    ended = fleet.run("bench")
    assert ended.status == 0, ended.text
    words = fleet.verbs("spark-1")[-1]
    variables = tuple(f"TEXT_{n}={text}" for n, text in enumerate(HOSTILE))
    options = tuple(word for text in HOSTILE for word in ("--text", text))
    assert words[:3] == ("exec", "minimax-m27-head", "bash")
    assert words[5:] == ("bench", "/run/key", "env", *variables, "vllm", "bench", "serve", *options)
    assert nothing_ran(fleet)


def test_requests_hold_the_texts_and_answers_with_them_are_understood(fleet: Fleet) -> None:
    names = [{"id": name} for name in fleet.plan.service.model_names]
    fleet.answer("/v1/models", json.dumps({"data": names}))
    answer = {"choices": [{"message": {"content": "A cache keeps what was read."}, "finish_reason": "stop"}]}
    fleet.answer("/v1/chat/completions", json.dumps(answer))
    ended = fleet.run("verify")
    body = json.loads(fleet.calls("curl-body")[0].words[0])
    assert body["model"] == HOSTILE[1]
    assert [body[f"text_{n}"] for n, text in enumerate(HOSTILE) if not text.startswith("{")] == [
        text for text in HOSTILE if not text.startswith("{")
    ]
    assert "ok    http://10.0.0.1:8002: models:" in ended.out
    assert nothing_ran(fleet)


def test_weights_travel_from_and_to_hostile_paths(fleet: Fleet) -> None:
    (fleet.root / "trusts" / "spark-1-spark-2").touch()
    one, other = (Path(node.weights[0].path) for node in fleet.plan.nodes)
    one.mkdir(parents=True)
    for number, text in enumerate(FOLDERS):
        if "\n" not in text:
            (one / f"{number}{text}"[:80]).write_text("shard")
    fleet.play("spark-1", "weights", "printf 'weights\\t/srv\\t115000000000\\t3\\td\\n'")
    fleet.play("spark-2", "weights", "printf 'weights\\t/srv\\t0\\t0\\td\\n'")
    ended = fleet.run("prepare")
    assert ended.status == 0, ended.text
    assert sorted(path.name for path in one.iterdir()) == sorted(path.name for path in other.iterdir())
    assert nothing_ran(fleet)


def test_no_verb_runs_a_text(fleet: Fleet) -> None:
    fleet.serves()
    fleet.play("spark-2", "preflight", "cat $here/nasty")
    (fleet.node("spark-2") / "nasty").write_text(
        "".join(f"fail\t{text}\t{text}\t{text}\n" for text in HOSTILE if "\n" not in text)
    )
    for verb in ("preflight", "up", "status", "logs", "verify", "down", "--help"):
        fleet.run(verb)
    assert nothing_ran(fleet)


def test_what_a_node_says_reaches_the_terminal_without_control_characters(fleet: Fleet) -> None:
    fleet.play("spark-2", "preflight", "printf 'fail\\tname\\t\\033[2J\\007text\\tway\\033c\\n'")
    out = fleet.run("preflight").out
    assert "\x1b" not in out
    assert "\x07" not in out
    assert "[2Jtext" in out
