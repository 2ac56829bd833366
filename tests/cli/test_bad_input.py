"""Bad input gets a finding with a place and a way out, the right exit status, and nothing written."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from calling import PAIR, Called, files_below, project, sparkc, sparkc_without_root


def edited(*changes: tuple[str, str]) -> str:
    text = PAIR
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    return text


def assert_refused(called: Called, rule: str, status: int, folder: Path) -> None:
    assert called.status == status, called.text
    assert f"[{rule}]" in called.err, called.text
    assert "Traceback" not in called.err
    assert not (folder / "generated").exists()


UNREADABLE = [
    pytest.param(b"\x00\x01\x02\xff", {"not-utf-8", "forbidden-character"}, id="binary"),
    pytest.param("größe: 1\n".encode("latin-1"), {"not-utf-8"}, id="Latin-1"),
    pytest.param(b"a: " + b"x" * 50_000_000, {"too-large"}, id="50 MB"),
    pytest.param(b"[" * 100_000, {"too-deep"}, id="100,000 brackets"),
    pytest.param(b"a: [b\nc: d\n", {"not-yaml"}, id="not YAML"),
    pytest.param(
        b"a: &a [x,x,x,x,x,x,x,x,x,x]\n"
        + b"".join(b"%c: &%c [%s]\n" % (97 + i, 97 + i, b",".join([b"*%c" % (96 + i)] * 10)) for i in range(1, 9)),
        {"too-many-aliases", "too-large"},
        id="full of aliases",
    ),
]


@pytest.mark.parametrize(("content", "rules"), UNREADABLE)
def test_a_file_that_is_no_yaml_ends_with_status_2(content: bytes, rules: set[str], tmp_path: Path) -> None:
    project(tmp_path)
    (tmp_path / "specs/x.yaml").write_bytes(content)
    called = sparkc("build", "specs/x.yaml", cwd=tmp_path)
    assert called.status == 2, called.text
    assert set(re.findall(r"error\[([a-z0-9-]+)\]", called.err)) & rules, called.text
    assert "Traceback" not in called.err
    assert not (tmp_path / "generated").exists()


WRONG = [
    pytest.param("", "empty-spec", id="empty"),
    pytest.param("- a\n- b\n", "not-a-mapping", id="not a mapping"),
    pytest.param(edited(("tensor: 2", "tensor: 5")), "ranks-exceed-accelerators", id="TP 5 on two nodes"),
    pytest.param(edited(("port: 8000", "port: -8000")), "value-misfit", id="negative port"),
    pytest.param(edited(("address: 10.0.0.2", "address: 10.0.0.1")), "peer-address-not-unique", id="head's address"),
    pytest.param(edited(("{name: spark-2,", "{name: spark-1,")), "host-name-not-unique", id="two hosts of one name"),
    pytest.param(PAIR + "targets: [shel]\n", "target-unknown", id="unknown target"),
    pytest.param(PAIR + "allow: [{rule: no-such-rule, reason: x}]\n", "allowance-of-unknown-rule", id="allow unknown"),
    pytest.param(
        edited(("tensor: 2", "tensor: 5")) + "allow: [{rule: ranks-exceed-accelerators, reason: because}]\n",
        "allowance-refused",
        id="allow what the engine refuses",
    ),
    pytest.param(
        PAIR + "allow: [{rule: image-not-pinned, reason: x, until: 2020-01-01}]\n",
        "allowance-expired",
        id="allow expired",
    ),
    pytest.param(PAIR + "extends: x.yaml\n", "extends-loop", id="extends itself"),
    pytest.param(PAIR + "extends: ../../x.yaml\n", "path-outside-project", id="extends out of the project"),
    pytest.param(edited(("ops, sudo", "ops, home: /home/../etc, sudo")), "value-misfit", id="dots in a path"),
    pytest.param(PAIR + "paralelism: {tensor: 2}\n", "unknown-key", id="misspelt key"),
    pytest.param(PAIR + "name: twice\n", "duplicate-key", id="duplicate key"),
    pytest.param(
        PAIR + "container: {setup: [../../etc/passwd]}\n", "path-outside-project", id="setup out of the project"
    ),
    pytest.param(PAIR + "container: {setup: [missing.sh]}\n", "no-such-file", id="setup script missing"),
]


@pytest.mark.parametrize(("text", "rule"), WRONG)
def test_a_wrong_spec_ends_with_status_1_and_a_finding(text: str, rule: str, tmp_path: Path) -> None:
    project(tmp_path, x=text)
    called = sparkc("build", "specs/x.yaml", cwd=tmp_path)
    status = 2 if rule == "no-such-file" else 1
    assert_refused(called, rule, status, tmp_path)
    assert re.search(r"^specs/x\.yaml:\d+:\d+: error\[", called.err, re.MULTILINE), called.err


def test_three_nodes_with_tensor_parallel_2_are_refused(tmp_path: Path) -> None:
    third = "    - {name: spark-3, ssh: 192.168.1.13, address: 10.0.0.3}\n\ninterconnect:"
    project(tmp_path, x=edited(("\ninterconnect:", third)))
    assert_refused(sparkc("build", cwd=tmp_path), "accelerators-left-idle", 1, tmp_path)


def test_a_model_that_the_catalog_does_not_know_can_state_its_shape(tmp_path: Path) -> None:
    unknown = edited(("saricles/MiniMax-M2.7-NVFP4-GB10", "somebody/New-Model"))
    project(tmp_path, x=unknown)
    called = sparkc("check", "specs/x.yaml", cwd=tmp_path)
    assert "[model-unknown]" in called.out, called.text
    shape = (
        "\n  size: 60 GB\n  shape: {layers: 62, hidden_size: 3072, attention_heads: 48, kv_heads: 8, head_dim: 128,"
        " vocab_size: 200064, max_position_embeddings: 204800}\n\nquant:"
    )
    stated = unknown.replace("\nquant:", shape)
    project(tmp_path, x=stated)
    assert "[model-unknown]" not in sparkc("check", "specs/x.yaml", cwd=tmp_path).out


def test_all_problems_are_told_at_once_each_with_its_line_and_a_caret(tmp_path: Path) -> None:
    project(tmp_path, x=edited(("tensor: 2", "tensro: 2"), ("port: 8000", "port: 99999"), ("quant: nvfp4", "quant: 4")))
    called = sparkc("build", cwd=tmp_path)
    assert called.err.count("error[") == 3, called.err
    assert "did you mean `tensor`?" in called.err
    assert "found the number 99999, wanted at most 65535" in called.err
    assert called.err.count("^") >= 3


def test_a_missing_spec_and_a_folder_end_with_status_2(tmp_path: Path) -> None:
    project(tmp_path)
    assert sparkc("build", "specs/none.yaml", cwd=tmp_path).status == 2
    assert sparkc("build", "specs", cwd=tmp_path).status == 2


def test_no_arguments_outside_a_project_says_how_to_begin(tmp_path: Path) -> None:
    called = sparkc("build", cwd=tmp_path)
    assert called.status == 2
    assert "sparkc init" in called.err


OUTPUTS = ["file", "link", "read-only"]


@pytest.mark.parametrize("kind", OUTPUTS)
def test_an_output_folder_that_cannot_be_one_is_one_sentence(kind: str, tmp_path: Path) -> None:
    project(tmp_path, x=PAIR)
    output = tmp_path / "generated"
    if kind == "file":
        output.write_text("mine")
    elif kind == "link":
        (tmp_path / "elsewhere").mkdir()
        output.symlink_to("elsewhere")
    else:
        output.mkdir(mode=0o555)
    called = sparkc_without_root("build", cwd=tmp_path)
    assert called.status == 2, called.text
    assert len(called.err.strip().splitlines()[-1]) > 20
    assert "Traceback" not in called.err
    if kind == "file":
        assert output.read_text() == "mine"
    if kind == "link":
        assert list((tmp_path / "elsewhere").iterdir()) == []


def test_one_broken_spec_does_not_keep_the_others_from_being_written(tmp_path: Path) -> None:
    project(tmp_path, good=PAIR, bad="nonsense: 1\n")
    called = sparkc("build", cwd=tmp_path)
    assert called.status == 1
    assert (tmp_path / "generated/pair/MANIFEST.json").is_file()


def test_a_broken_variant_keeps_the_whole_spec_from_being_written_and_hides_no_finding(tmp_path: Path) -> None:
    variants = "variants:\n  a: {serving: {port: 0}}\n  b: {parallelism: {tensor: 5}}\n"
    project(tmp_path, x=PAIR + variants)
    called = sparkc("build", cwd=tmp_path)
    assert_refused(called, "value-misfit", 1, tmp_path)
    assert "ranks-exceed-accelerators" in called.err


def test_two_specs_of_one_name_are_both_kept_from_the_same_folder(tmp_path: Path) -> None:
    project(tmp_path, a=PAIR, b=PAIR)
    called = sparkc("build", cwd=tmp_path)
    assert called.status == 1
    assert "[name-taken]" in called.err
    assert "first named here" in called.err


def test_a_variant_named_like_a_target_is_refused(tmp_path: Path) -> None:
    project(tmp_path, x=PAIR + "variants:\n  shell: {serving: {port: 8001}}\n")
    assert_refused(sparkc("build", cwd=tmp_path), "variant-named-like-a-target", 1, tmp_path)


def test_a_hand_edit_survives_and_is_named_until_forced(tmp_path: Path) -> None:
    project(tmp_path, x=PAIR)
    assert sparkc("build", cwd=tmp_path).status == 0
    runbook = tmp_path / "generated/pair/README.md"
    runbook.write_text("my own words\n")
    called = sparkc("build", cwd=tmp_path)
    assert called.status == 1
    assert "README.md was edited by hand" in called.out
    assert runbook.read_text() == "my own words\n"
    assert sparkc("build", "--force", cwd=tmp_path).status == 0
    assert runbook.read_text() != "my own words\n"


def test_check_tells_stale_edited_missing_and_orphan_files_apart(tmp_path: Path) -> None:
    project(tmp_path, x=PAIR)
    assert sparkc("build", cwd=tmp_path).status == 0
    assert sparkc("build", "--check", cwd=tmp_path).status == 0
    tree = tmp_path / "generated/pair"
    before = files_below(tmp_path / "generated")
    (tmp_path / "specs/x.yaml").write_text(edited(("port: 8000", "port: 8001")))
    stale = sparkc("build", "--check", cwd=tmp_path)
    assert stale.status == 1
    assert "stale    generated/pair/README.md" in stale.out
    assert files_below(tmp_path / "generated") == before
    (tmp_path / "specs/x.yaml").write_text(PAIR)
    (tree / "README.md").write_text("x\n")
    (tree / "plan.json").unlink()
    drifted = sparkc("build", "--check", cwd=tmp_path)
    assert drifted.status == 1
    assert "edited   generated/pair/README.md" in drifted.out
    assert "missing  generated/pair/plan.json" in drifted.out
    (tmp_path / "specs/x.yaml").unlink()
    orphaned = sparkc("build", "--check", cwd=tmp_path)
    assert orphaned.status == 1
    assert "orphan   generated/pair" in orphaned.out


def test_building_without_a_removed_spec_removes_its_launch_and_nothing_else(tmp_path: Path) -> None:
    project(tmp_path, x=PAIR, y=edited(("name: pair", "name: other"), ("port: 8000", "port: 8001")))
    assert sparkc("build", cwd=tmp_path).status == 0
    (tmp_path / "generated/notes.txt").write_text("mine")
    (tmp_path / "specs/y.yaml").unlink()
    assert sparkc("build", cwd=tmp_path).status == 0
    assert sorted(path.name for path in (tmp_path / "generated").iterdir()) == ["notes.txt", "pair"]
