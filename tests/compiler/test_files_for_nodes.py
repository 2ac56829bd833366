"""Files of the project reach the nodes, and the engine finds them: templates, configuration, patches."""

from __future__ import annotations

from pathlib import Path

import pytest
from compiling import compiled, compiled_text

from sparkc.driver import Compilation

SPEC = """
apiVersion: sparkc/v1
name: one
model: {id: nvidia/Qwen3.6-35B-A3B-NVFP4, revision: 5d1c0f3a9b7e4c2d8f60a1b3c5d7e9f102132435}
quant: nvfp4
engine: {name: vllm, version: 0.30.0, image: "vllm/vllm-openai:v0.30.0"}
nodes:
  hardware: dgx-spark
  login: {user: ops, sudo: passwordless}
  hosts: [{name: spark-1}]
serving: {max_model_len: 32768, chat_template: templates/short.jinja}
args: {generation-config: /config}
container:
  setup: [patches/fix.sh]
  files: [{file: config/generation_config.json, to: /config/generation_config.json}]
"""
TEMPLATE = "{{ messages[0].content }} $(touch pwned) 'quoted'\n"
FILES = {
    "templates/short.jinja": TEMPLATE,
    "config/generation_config.json": '{"temperature": 0.2}\n',
    "patches/fix.sh": "#!/bin/sh\n",
}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        path = tmp_path / "specs" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tmp_path


def files_of(compilation: Compilation) -> dict[str, str]:
    assert compilation.tree is not None, [finding.message for finding in compilation.findings]
    return {path: file.content.decode() for path, file in compilation.tree.files.items()}


@pytest.mark.parametrize("target", ["shell", "compose", "systemd", "quadlet"])
def test_every_target_brings_them_to_the_node_unchanged(target: str, project: Path) -> None:
    files = files_of(compiled_text(SPEC, project))
    folder = f"{target}/nodes/spark-1/files"

    assert files[f"{folder}/chat-template-short.jinja"] == TEMPLATE
    assert files[f"{folder}/file-00-generation_config.json"] == FILES["config/generation_config.json"]
    assert files[f"{folder}/00-fix.sh"] == FILES["patches/fix.sh"]


def test_the_engine_is_told_where_its_template_is(project: Path) -> None:
    plan = compiled_text(SPEC, project).launches[0].plan
    assert plan is not None
    container = plan.head.containers[0]
    flags = {setting.key: setting for setting in container.processes[-1].arguments}

    assert flags["--chat-template"].value == "/sparkc/files/chat-template-short.jinja"
    assert flags["--chat-template"].because.where == "serving.chat_template"


def test_a_file_is_mounted_read_only_where_its_author_wants_it(project: Path) -> None:
    plan = compiled_text(SPEC, project).launches[0].plan
    assert plan is not None
    mounts = {mount.to: mount for mount in plan.head.containers[0].mounts}
    mount = mounts["/config/generation_config.json"]

    assert (mount.host, mount.read_only, mount.kind) == (
        f"{plan.head.install_dir}/files/file-00-generation_config.json",
        True,
        "file",
    )


@pytest.mark.parametrize(
    ("said", "instead", "rule"),
    [
        ("templates/short.jinja", "templates/nowhere.jinja", "no-such-file"),
        ("templates/short.jinja", "../../../etc/hostname", "path-outside-project"),
        ("config/generation_config.json, to", "config/nowhere.json, to", "no-such-file"),
        ("to: /config/generation_config.json", "to: config.json", "value-misfit"),
        ("to: /config/generation_config.json", "to: ~/config.json", "value-misfit"),
        ("to: /config/generation_config.json", "to: /cache/vllm", "mount-point-used-twice"),
    ],
)
def test_what_is_wrong_with_a_file_is_said_at_its_name(said: str, instead: str, rule: str, project: Path) -> None:
    compilation = compiled_text(SPEC.replace(said, instead, 1), project)
    found = [finding for finding in compilation.findings if finding.severity.value == "error"]

    assert [finding.rule for finding in found] == [rule]
    assert found[0].span is not None


def test_a_changed_file_makes_the_launch_stale(project: Path) -> None:
    before = files_of(compiled_text(SPEC, project))
    (project / "specs" / "templates" / "short.jinja").write_text("other\n", encoding="utf-8")
    after = files_of(compiled(project / "specs" / "spec.yaml", project))

    assert before["MANIFEST.json"] != after["MANIFEST.json"]
