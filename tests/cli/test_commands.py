"""Every command does what the architecture says, exit status included."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
import yaml

from calling import PAIR, REPOSITORY, project, sparkc
from sparkc.cli.app import COMMANDS


def test_version_and_help_answer_with_status_0(tmp_path: Path) -> None:
    assert sparkc("--version", cwd=tmp_path).out.startswith("sparkc ")
    assert "build" in sparkc("--help", cwd=tmp_path).out


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_and_is_mentioned_in_the_readme(command: str, tmp_path: Path) -> None:
    called = sparkc(command, "--help", cwd=tmp_path)
    assert called.status == 0
    assert "Usage:" in called.out
    assert f"sparkc {command}" in (REPOSITORY / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("words", [["bild"], ["build", "--chek"], ["init", "toaster"], ["check", "--format", "xml"]])
def test_a_wrong_call_ends_with_status_2(words: list[str], tmp_path: Path) -> None:
    called = sparkc(*words, cwd=tmp_path)
    assert called.status == 2
    assert "Traceback" not in called.err


def test_the_committed_launches_are_current() -> None:
    called = sparkc("build", "--check", cwd=REPOSITORY)
    assert called.status == 0, called.text


def test_an_answer_from_memory_equals_a_compiled_one(tmp_path: Path) -> None:
    project(tmp_path, x=PAIR)
    assert sparkc("build", cwd=tmp_path).status == 0
    compiled = sparkc("build", "--check", cwd=tmp_path)
    assert list((tmp_path / ".sparkc-cache").iterdir())
    remembered = sparkc("build", "--check", cwd=tmp_path)
    assert (remembered.status, remembered.out) == (compiled.status, compiled.out)
    (tmp_path / "specs/x.yaml").write_text(PAIR.replace("port: 8000", "port: 8001"))
    assert sparkc("build", "--check", cwd=tmp_path).status == 1


@pytest.mark.parametrize("style", ["text", "json", "sarif", "github"])
def test_check_prints_findings_in_each_format(style: str, tmp_path: Path) -> None:
    project(tmp_path, x=PAIR.replace("tensor: 2", "tensro: 2"))
    called = sparkc("check", "--format", style, cwd=tmp_path)
    assert called.status == 1
    assert "unknown-key" in called.out
    if style in ("json", "sarif"):
        json.loads(called.out)
    if style == "github":
        assert called.out.startswith("::error file=specs/x.yaml,line=")


def test_check_writes_nothing(tmp_path: Path) -> None:
    project(tmp_path, x=PAIR)
    assert sparkc("check", cwd=tmp_path).status == 0
    assert not (tmp_path / "generated").exists()


def test_plan_shows_topology_and_arithmetic() -> None:
    called = sparkc("plan", "specs/minimax-m27.yaml", cwd=REPOSITORY)
    assert called.status == 0, called.text
    for words in ("spark-1", "spark-2", "10.0.0.1", "weights", "GiB"):
        assert words in called.out
    data = json.loads(sparkc("plan", "specs/minimax-m27.yaml", "--json", cwd=REPOSITORY).out)
    assert data


def test_explain_says_why_a_flag_is_there() -> None:
    called = sparkc("explain", "specs/minimax-m27.yaml", "object-store-memory", cwd=REPOSITORY)
    assert called.status == 0, called.text
    assert "object-store-uncapped" in called.out
    assert "https://" in called.out


def test_explain_shows_the_page_of_a_rule_and_suggests_one_for_a_typo() -> None:
    assert "image-not-pinned" in sparkc("explain", "image-not-pinned", cwd=REPOSITORY).out
    called = sparkc("explain", "image-not-pined", cwd=REPOSITORY)
    assert called.status != 0
    assert "image-not-pinned" in called.err


def test_explain_explains_a_line_of_a_generated_file() -> None:
    script = "generated/minimax-m27/shell/nodes/spark-1/start-minimax-m27-head.sh"
    lines = (REPOSITORY / script).read_text(encoding="utf-8").splitlines()
    number = next(index for index, line in enumerate(lines, 1) if "--object-store-memory" in line)
    called = sparkc("explain", "specs/minimax-m27.yaml", f"{script}:{number}", cwd=REPOSITORY)
    assert called.status == 0, called.text
    assert "object-store-uncapped" in called.out


def test_rules_and_targets_list_what_there_is() -> None:
    rules = sparkc("rules", cwd=REPOSITORY)
    assert rules.status == 0
    assert len(rules.out.splitlines()) >= 30
    assert sparkc("targets", cwd=REPOSITORY).out.startswith("shell:")


@pytest.mark.parametrize("kind", ["dgx-spark", "ascend"])
def test_init_writes_a_first_spec_that_builds(kind: str, tmp_path: Path) -> None:
    first = sparkc("init", kind, cwd=tmp_path)
    assert first.status == 0, first.text
    spec = tmp_path / "specs/my-model.yaml"
    called = sparkc("build", cwd=tmp_path)
    assert called.status == 0, called.text
    assert (tmp_path / "generated/my-model/README.md").is_file()
    again = sparkc("init", kind, cwd=tmp_path)
    assert again.status == 2
    assert "already there" in again.err
    assert spec.is_file()


def test_the_committed_schema_is_current_and_every_field_is_described() -> None:
    schema = json.loads((REPOSITORY / "schema/spec.schema.json").read_text(encoding="utf-8"))
    assert sparkc("schema", cwd=REPOSITORY).out == (REPOSITORY / "schema/spec.schema.json").read_text(encoding="utf-8")
    jsonschema.Draft202012Validator.check_schema(schema)
    for name, part in {"spec": schema, **schema["$defs"]}.items():
        for choice in (part, *part.get("anyOf", ())):
            for key, value in choice.get("properties", {}).items():
                assert value.get("description"), f"{name}.{key}"


SPECS = sorted((REPOSITORY / "specs").glob("*.yaml"))


@pytest.mark.parametrize("spec", SPECS, ids=lambda path: path.stem)
def test_specs_validate_against_the_schema(spec: Path) -> None:
    schema = json.loads((REPOSITORY / "schema/spec.schema.json").read_text(encoding="utf-8"))
    jsonschema.validate(yaml.safe_load(spec.read_text(encoding="utf-8")), schema)


def test_a_child_validates_without_the_headline_keys_and_a_typo_in_it_does_not() -> None:
    schema = json.loads((REPOSITORY / "schema/spec.schema.json").read_text(encoding="utf-8"))
    child = {"apiVersion": "sparkc/v1", "name": "child", "extends": "parent.yaml", "serving": {"port": 8001}}
    jsonschema.validate(child, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**child, "paralelism": {}}, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"apiVersion": "sparkc/v1", "name": "whole"}, schema)
