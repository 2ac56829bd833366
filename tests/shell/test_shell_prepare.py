"""`prepare`: what a node lacks comes from the node that has it, and nothing is sent twice."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from fleet import IMAGE_ID, Fleet

import plans
from sparkc.plan import Image, Plan

DIGEST = "sha256:" + "ab" * 32
PINNED = f"registry.example/vllm@{DIGEST}"

# The stand-in weighs what really lies in the folder.
WEIGH = """folder=$(echo $here/srv/srv/models/*)
printf 'weights\\t%s\\t%s\\t%s\\tdigest\\n' "$folder" \
  "$(find "$folder" -type f -printf '%s\\n' 2>/dev/null | paste -sd+ | bc 2>/dev/null || echo 0)" \
  "$(find "$folder" -type f 2>/dev/null | wc -l)"
"""
WEIGH = WEIGH.replace("paste -sd+ | bc 2>/dev/null || echo 0", "awk '{n += $1} END {print n + 0}'")


def with_known_bytes(plan: Plan, total: int | None) -> Plan:
    nodes = tuple(
        replace(node, weights=tuple(replace(weights, bytes=total, tolerance=0.0) for weights in node.weights))
        for node in plan.nodes
    )
    return replace(plan, nodes=nodes)


def with_image(plan: Plan, image: Image) -> Plan:
    nodes = tuple(
        replace(node, containers=tuple(replace(container, image=image) for container in node.containers))
        for node in plan.nodes
    )
    return replace(plan, nodes=nodes)


@pytest.fixture
def fleet(tmp_path: Path) -> Fleet:
    """Return two Sparks with an image everywhere and weights of 12 bytes on the first."""
    fleet = Fleet(tmp_path, with_known_bytes(plans.two_sparks(), 12))
    for node in ("spark-1", "spark-2"):
        fleet.play(node, "weights", WEIGH)
    folder = weights(fleet, "spark-1")
    folder.mkdir(parents=True)
    (folder / "a 1.safetensors").write_text("shard-1")
    (folder / "b.safetensors").write_text("shard")
    return fleet


def weights(fleet: Fleet, node: str) -> Path:
    return Path(next(item for item in fleet.plan.nodes if item.name == node).weights[0].path)


def has_same_weights(fleet: Fleet) -> bool:
    one, other = weights(fleet, "spark-1"), weights(fleet, "spark-2")
    return {path.name: path.read_text() for path in one.iterdir()} == {
        path.name: path.read_text() for path in other.iterdir()
    }


def trust(fleet: Fleet) -> None:
    """Let the first node log in on the second."""
    (fleet.root / "trusts" / "spark-1-spark-2").touch()


def image_on(fleet: Fleet, node: str, name: str = IMAGE_ID) -> Path:
    return fleet.node(node) / "images" / name.replace("/", "%")


def test_a_missing_image_goes_directly_over_the_fabric(fleet: Fleet) -> None:
    trust(fleet)
    image_on(fleet, "spark-2").unlink()
    ended = fleet.run("prepare")
    assert ended.status == 0, ended.text
    assert "directly, spark-1 to 10.0.0.2" in ended.out
    assert image_on(fleet, "spark-2").read_text() == IMAGE_ID
    saved = [call.at for call in fleet.calls("docker") if call.words[0] == "save"]
    loaded = [call.at for call in fleet.calls("docker") if call.words[0] == "load"]
    assert (saved, loaded) == (["spark-1"], ["spark-2"])
    assert any("10.0.0.2" in call.words for call in fleet.calls("ssh", at="spark-1"))


def test_where_the_nodes_may_not_log_in_on_each_other_the_data_goes_through_this_machine(fleet: Fleet) -> None:
    image_on(fleet, "spark-2").unlink()
    ended = fleet.run("prepare")
    assert ended.status == 0, ended.text
    assert "through this machine: spark-1 may not log in on 10.0.0.2 (ops@10.0.0.2: Permission denied" in ended.out
    assert image_on(fleet, "spark-2").read_text() == IMAGE_ID
    assert has_same_weights(fleet)


def test_the_agent_is_forwarded_only_while_a_node_logs_in_on_another(fleet: Fleet) -> None:
    trust(fleet)
    image_on(fleet, "spark-2").unlink()
    fleet.run("prepare")
    forwarded = [call.words[-1] for call in fleet.calls("ssh", at="control") if "-A" in call.words]
    assert forwarded
    assert all("remote_reaches_peer" in text or "remote_send_" in text for text in forwarded)


def test_a_peer_is_known_by_the_key_that_the_launcher_read_and_by_nothing_else(fleet: Fleet) -> None:
    trust(fleet)
    fleet.run("prepare")
    for call in fleet.calls("ssh", at="spark-1"):
        assert "StrictHostKeyChecking=yes" in call.words
        assert "HostKeyAlias=sparkc-peer" in call.words


def test_the_image_keeps_its_name_when_the_name_means_the_same_image(fleet: Fleet) -> None:
    trust(fleet)
    image_on(fleet, "spark-2").unlink()
    image_on(fleet, "spark-1", "eugr-vllm:latest").write_text(IMAGE_ID)
    fleet.run("prepare")
    assert image_on(fleet, "spark-2", "eugr-vllm:latest").read_text() == IMAGE_ID


def test_an_image_that_no_node_has_and_no_digest_pins_is_a_failure_with_a_way_out(fleet: Fleet) -> None:
    for node in ("spark-1", "spark-2"):
        image_on(fleet, node).unlink()
    ended = fleet.run("prepare")
    assert ended.status == 1
    assert "no node has sha256:9f1c" in ended.out
    assert "pin engine.image with a digest in specs/minimax-m27.yaml" in ended.out
    assert has_same_weights(fleet), "the weights wait for nobody"


@pytest.fixture
def pinned(tmp_path: Path) -> Fleet:
    """Return two Sparks with an image that a registry's digest pins, and nothing on any node."""
    because = plans.spec("engine.image", "pinned")
    plan = with_known_bytes(plans.two_sparks(), None)
    fleet = Fleet(tmp_path, with_image(plan, Image("registry.example/vllm", DIGEST, None, because)))
    for node in ("spark-1", "spark-2"):
        fleet.play(node, "weights", WEIGH)
    (fleet.root / "registry" / PINNED.replace("/", "%")).write_text(IMAGE_ID)
    trust(fleet)
    return fleet


def test_a_pinned_image_that_no_node_has_is_pulled_once_and_copied(pinned: Fleet) -> None:
    (pinned.root / "keeps-digests").touch()
    ended = pinned.run("prepare")
    assert ended.status == 0, ended.text
    assert [call.at for call in pinned.calls("docker") if call.words[0] == "pull"] == ["spark-1"]
    assert image_on(pinned, "spark-2", PINNED).read_text() == IMAGE_ID


def test_a_store_that_forgets_digests_pulls_after_the_copy(pinned: Fleet) -> None:
    ended = pinned.run("prepare")
    assert ended.status == 0, ended.text
    assert [call.at for call in pinned.calls("docker") if call.words[0] == "pull"] == ["spark-1", "spark-2"]


def test_offline_with_nothing_there_names_everything_that_is_missing_and_uses_no_network(pinned: Fleet) -> None:
    ended = pinned.run("prepare", "--offline")
    assert ended.status == 1
    assert f"no node has {PINNED}, and --offline forbids to pull it" in ended.out
    assert "no node has olka-fi/MiniMax-M2.7-MXFP4 complete" in ended.out
    assert not [call for call in pinned.calls("docker") if call.words[0] in ("pull", "run")]


def test_weights_that_no_node_has_are_downloaded_once_with_the_image_and_copied(pinned: Fleet) -> None:
    ended = pinned.run("prepare")
    assert ended.status == 0, ended.text
    (download,) = [call for call in pinned.calls("docker") if call.words[0] == "run"]
    folder = str(weights(pinned, "spark-1"))
    assert download.at == "spark-1"
    assert download.words[-5:] == ("hf", "download", "olka-fi/MiniMax-M2.7-MXFP4", "--local-dir", folder)
    assert f"{folder}:{folder}" in download.words
    assert PINNED in download.words
    assert has_same_weights(pinned)


def test_a_token_reaches_the_download_as_a_file_and_never_as_a_word(pinned: Fleet) -> None:
    token = pinned.root / "token"
    token.write_text("hf_secret")
    deployment = pinned.root / "shell" / "deployment.sh"
    text = deployment.read_text()
    planned = "/home/ops/sparkc/minimax-m27/secrets/hf_token"
    assert f"WEIGHTS_TOKEN_FILES=({planned} {planned})" in text
    deployment.write_text(text.replace(planned, str(token)))
    pinned.run("prepare")
    (download,) = [call for call in pinned.calls("docker") if call.words[0] == "run"]
    assert f"{token}:/run/secrets/hub_token:ro" in download.words
    assert "HF_TOKEN" in download.words
    assert "hf_secret" not in (pinned.root / "record").read_text()


def test_weights_of_another_size_are_replaced_and_the_rest_is_not_sent(fleet: Fleet) -> None:
    trust(fleet)
    there = weights(fleet, "spark-2")
    there.mkdir(parents=True)
    (there / "a 1.safetensors").write_text("sh")
    (there / "b.safetensors").write_text("SHARD")
    ended = fleet.run("prepare")
    assert ended.status == 0, ended.text
    assert "Copying 1 files of olka-fi/MiniMax-M2.7-MXFP4 from spark-1 to spark-2" in ended.out
    assert (there / "a 1.safetensors").read_text() == "shard-1"
    assert (there / "b.safetensors").read_text() == "SHARD"


def test_rsync_is_used_where_both_sides_have_it(fleet: Fleet) -> None:
    trust(fleet)
    for node in ("spark-1", "spark-2"):
        rsync = fleet.node(node) / "bin" / "rsync"
        # Copies as rsync would: from the last but one word to the path behind the host of the last.
        rsync.write_text(
            '#!/usr/bin/env bash\n. "$FLEET_ROOT/bin/record.sh"\nrecord rsync "$@"\n'
            'cp -a "${@: -2:1}." "${!##*:}"\n'.replace("${!##*:}", '$(printf %s "${!#}" | cut -d: -f2-)')
        )
        rsync.chmod(0o755)
    ended = fleet.run("prepare")
    assert ended.status == 0, ended.text
    (call,) = fleet.calls("rsync")
    assert call.at == "spark-1"
    assert "--partial-dir=.sparkc-partial" in call.words
    assert call.words[-2:] == (f"{weights(fleet, 'spark-1')}/", f"10.0.0.2:{weights(fleet, 'spark-2')}/")
    assert has_same_weights(fleet)


def test_the_first_complete_node_gives_even_when_it_is_the_worker(fleet: Fleet) -> None:
    weights(fleet, "spark-2").parent.mkdir(parents=True)
    shutil.copytree(weights(fleet, "spark-1"), weights(fleet, "spark-2"))
    (weights(fleet, "spark-1") / "a 1.safetensors").write_text("cut")
    ended = fleet.run("prepare")
    assert ended.status == 0, ended.text
    assert "from spark-2 to spark-1" in ended.out
    assert has_same_weights(fleet)


def test_weights_whose_index_names_an_absent_shard_are_not_taken_for_complete(tmp_path: Path) -> None:
    fleet = Fleet(tmp_path, with_known_bytes(plans.two_sparks(), None))
    for node in ("spark-1", "spark-2"):
        fleet.play(node, "weights", WEIGH)
    folder = weights(fleet, "spark-1")
    folder.mkdir(parents=True)
    (folder / "model.safetensors.index.json").write_text('{"weight_map": {"a": "one.safetensors"}}')
    ended = fleet.run("prepare", "--offline")
    assert ended.status == 1
    assert "no node has olka-fi/MiniMax-M2.7-MXFP4 complete" in ended.out


def test_what_is_everywhere_is_not_sent_again(fleet: Fleet) -> None:
    fleet.run("prepare")
    before = len(fleet.calls("docker"))
    ended = fleet.run("prepare")
    assert ended.status == 0
    assert "Copying image" not in ended.out
    assert "files of" not in ended.out.replace("same files", "")
    assert not [call for call in fleet.calls("docker")[before:] if call.words[0] in ("save", "load", "pull")]


def test_folders_are_created_and_install_steps_run_on_every_node(fleet: Fleet) -> None:
    fleet.run("prepare")
    for node in ("spark-1", "spark-2"):
        assert fleet.verbs(node)[:2] == [("install",), ("steps", "install")]


def test_a_copy_that_arrives_short_is_a_failure(fleet: Fleet) -> None:
    """The disk of the worker is full: whatever copies ends, and the size tells."""
    trust(fleet)
    for program, script in (("tar", "cat >/dev/null; exit 2"), ("rsync", "exit 11")):
        path = fleet.node("spark-2") / "bin" / program
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)
    ended = fleet.run("prepare")
    assert ended.status == 1
    assert "2 files of olka-fi/MiniMax-M2.7-MXFP4 are still absent or of another size" in ended.out


def test_weights_that_were_made_here_are_copied_and_never_looked_for_on_a_hub(tmp_path: Path) -> None:
    plan = with_known_bytes(plans.two_sparks(), 12)
    made = replace(
        plan,
        nodes=tuple(replace(node, weights=tuple(replace(w, hub="none") for w in node.weights)) for node in plan.nodes),
    )
    fleet = Fleet(tmp_path, made)
    for node in ("spark-1", "spark-2"):
        fleet.play(node, "weights", WEIGH)
    ended = fleet.run("prepare")
    assert ended.status == 1
    assert "and no hub has it" in ended.out
    assert not [call for call in fleet.calls("docker") if call.words[0] == "run"]
    folder = weights(fleet, "spark-1")
    folder.mkdir(parents=True)
    (folder / "draft.safetensors").write_text("twelve bytes")
    assert fleet.run("prepare").status == 0
    assert has_same_weights(fleet)
