"""Hostile text in every free-text field of a spec arrives at the stand-in engine as it is, and nothing else runs."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from compiling import compiled_text

sys.path.insert(0, str(Path(__file__).parent.parent / "node"))
from rig import Rig, Start, quick

BASE = Path(__file__).parent.parent.parent / "compiler/sparkc/rules/examples/single.yaml"
MARK = "/tmp/sparkc-hostile-text-ran"

NASTY = [
    pytest.param("two words", id="blanks"),
    pytest.param('it\'s "quoted"', id="quotes"),
    pytest.param(f"$(touch {MARK})", id="command substitution"),
    pytest.param(f"`touch {MARK}`", id="backticks"),
    pytest.param(f"a; touch {MARK} #", id="a semicolon"),
    pytest.param(f"a'; touch {MARK}; '", id="a quote that closes"),
    pytest.param("100 %h %% ${HOME} $HOME \\", id="percent, dollar, backslash"),
    pytest.param('{"a": [1, "b c"], "d": null}', id="JSON"),
    pytest.param("--rm", id="a leading dash"),
    pytest.param("größe ✓ 中文 🜁", id="Unicode"),
    pytest.param("*?[a-z]~!^", id="globs"),
]
# Fields of one line: a line break in them is refused. `env` and `args` take any text.
WITH_LINES = [
    *NASTY,
    pytest.param(f"a\nb\n\ntouch {MARK}\n", id="line breaks"),
    pytest.param("\ttab\x1b[31m", id="controls"),
]


def compiled_with(text: str, folder: Path, *, lines: bool) -> tuple[object, str]:
    spec = yaml.safe_load(BASE.read_text(encoding="utf-8"))
    spec["env"] = {"HOSTILE_VARIABLE": text}
    spec["args"] = {"chat-template": text, "hf-overrides": {text: [text]}}
    spec["container"] = {"mounts": [{"host": "/srv/data", "to": "/data"}]}
    spec["nodes"]["hosts"][0]["reserved"] = [{"name": "other", "memory": "1 GiB"}]
    if not lines:
        spec["serving"]["served_model_name"] = [text]
        spec["nodes"]["hosts"][0]["reserved"][0]["name"] = text
        spec["container"]["mounts"][0]["to"] = f"/data/{text}"
        spec["allow"] = [{"rule": "variable-unknown", "reason": text}]
    compilation = compiled_text(yaml.safe_dump(spec, allow_unicode=True), folder)
    plan = compilation.launches[0].plan
    assert plan is not None, [finding.message for finding in compilation.findings]
    return plan, "\n".join(f"{finding.rule}: {finding.message}" for finding in compilation.findings)


def arrived(plan, folder: Path) -> tuple[tuple[str, ...], dict[str, str]]:
    """Run the generated run script and then the start script; return what the engine was given."""
    folder.mkdir()
    rig = Rig(folder)
    rig.stand_in("docker")
    rig.stand_in("vllm", "exit 0")
    node = plan.nodes[0]
    install = rig.install(plan, node)
    name = node.containers[0].name
    Start(rig, install / f"run-{name}.sh", {"LANG": "C.UTF-8"}).end()
    (run,) = rig.calls("docker")
    given = dict(word.split("=", 1) for flag, word in zip(run.argv, run.argv[1:], strict=False) if flag == "--env")
    rig.meminfo(MemTotal=200 * 1024**2, MemAvailable=199 * 1024**2, MemFree=199 * 1024**2)
    script = install / f"start-{name}.sh"
    script.write_text(quick(script.read_text(), rig))
    for secret in node.containers[0].secrets:
        text = script.read_text()
        (rig.root / "secret").write_text("s3cret")
        script.write_text(text.replace(secret.to, str(rig.root / "secret")))
    Start(rig, script, {"LANG": "C.UTF-8", **given}).end()
    (engine,) = rig.calls("vllm")
    return engine.argv, engine.env


@pytest.mark.parametrize("text", WITH_LINES)
def test_any_text_arrives_through_env_and_args(text: str, tmp_path: Path) -> None:
    plan, _ = compiled_with(text, tmp_path / "project", lines=True)
    argv, env = arrived(plan, tmp_path / "node")
    assert env["HOSTILE_VARIABLE"] == text
    assert argv[argv.index("--chat-template") + 1] == text
    assert json.loads(argv[argv.index("--hf-overrides") + 1]) == {text: [text]}
    assert not Path(MARK).exists()


@pytest.mark.parametrize("text", NASTY)
def test_any_line_arrives_through_every_other_field(text: str, tmp_path: Path) -> None:
    plan, _ = compiled_with(text, tmp_path / "project", lines=False)
    argv, _ = arrived(plan, tmp_path / "node")
    assert argv[argv.index("--served-model-name") + 1] == text
    assert f"/data/{text}" in [mount.to for mount in plan.nodes[0].containers[0].mounts]
    assert not Path(MARK).exists()


@pytest.mark.parametrize("text", WITH_LINES)
def test_every_generated_script_still_parses(text: str, tmp_path: Path) -> None:
    spec = yaml.safe_load(BASE.read_text(encoding="utf-8"))
    spec["env"] = {"HOSTILE_VARIABLE": text}
    compilation = compiled_text(yaml.safe_dump(spec, allow_unicode=True), tmp_path)
    assert compilation.tree is not None, [finding.message for finding in compilation.findings]
    for path, file in compilation.tree.files.items():
        if path.endswith(".sh"):
            (tmp_path / "script.sh").write_bytes(file.content)
            checked = subprocess.run(
                ["bash", "-n", str(tmp_path / "script.sh")], capture_output=True, text=True, check=False
            )
            assert (checked.returncode, checked.stderr) == (0, ""), path
