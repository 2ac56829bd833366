"""A draft model has its files on every node as the model has: mounted, copied, checked, and in the memory plan."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from compiling import compiled_text

from sparkc.driver import Launch
from sparkc.plan import Plan

SPEC: dict[str, Any] = {
    "apiVersion": "sparkc/v1",
    "name": "drafting",
    "model": {"id": "olka-fi/MiniMax-M2.7-MXFP4", "path": "/srv/models/m27", "revision": "4c1e0f2a"},
    "quant": "mxfp4",
    "engine": {"name": "vllm", "version": "0.23.0", "image": "vllm-node:latest", "executor": "ray"},
    "nodes": {
        "hardware": "dgx-spark",
        "login": {"user": "ops"},
        "hosts": [{"name": f"spark-{index}", "address": f"10.0.0.{index}"} for index in (1, 2)],
    },
    "interconnect": {"kind": "roce", "interface": "enp1s0f0np0", "hca": ["rocep1s0f0", "roceP2p1s0f0"]},
    "parallelism": {"tensor": 2},
    "serving": {"max_model_len": 65536, "kv_cache_dtype": "fp8", "memory": {"gpu_memory_utilization": 0.82}},
}
BY_ID = {"id": "example/draft", "revision": "0123abc", "size": "2 GB"}
BY_PATH = {"path": "~/drafts/pad96", "size": "2 GB"}
CONFIG = {
    "model_type": "llama",
    "num_hidden_layers": 1,
    "hidden_size": 3072,
    "num_attention_heads": 48,
    "num_key_value_heads": 8,
    "head_dim": 64,
    "vocab_size": 200064,
    "max_position_embeddings": 196608,
}


def launch(folder: Path, model: dict[str, Any], options: dict[str, Any] | None = None) -> Launch:
    drafting = {"method": "eagle3", "num_speculative_tokens": 3, "model": model, "options": options}
    serving = SPEC["serving"] | {"speculative": {key: value for key, value in drafting.items() if value}}
    return compiled_text(yaml.safe_dump(SPEC | {"serving": serving}), folder).launches[0]


def planned(found: Launch) -> Plan:
    assert found.plan is not None
    return found.plan


def drafts_of(plan: Plan) -> dict[str, Any]:
    driver = plan.head.containers[0].processes[-1]
    [setting] = [setting for setting in driver.arguments if setting.key == "--speculative-config"]
    assert isinstance(setting.value, str)
    loaded: dict[str, Any] = json.loads(setting.value)
    return loaded


def test_a_draft_from_the_hub_is_found_in_the_cache_of_every_node(tmp_path: Path) -> None:
    plan = planned(launch(tmp_path, BY_ID))
    for node in plan.nodes:
        model, draft = node.weights
        assert (model.repository, model.in_hub_cache) == ("olka-fi/MiniMax-M2.7-MXFP4", False)
        assert (draft.repository, draft.revision, draft.hub) == ("example/draft", "0123abc", "huggingface")
        assert (draft.in_hub_cache, draft.bytes) == (True, 2_000_000_000)
        assert [mount.to for mount in node.containers[0].mounts if mount.kind == "weights"] == ["/srv/models/m27"]
    assert drafts_of(plan)["model"] == "example/draft"
    assert drafts_of(plan)["revision"] == "0123abc"


def test_a_draft_that_was_made_here_is_mounted_where_it_lies(tmp_path: Path) -> None:
    plan = planned(launch(tmp_path, BY_PATH))
    folder = "/home/ops/drafts/pad96"
    for node in plan.nodes:
        draft = node.weights[1]
        assert (draft.repository, draft.hub, draft.path, draft.in_hub_cache) == ("pad96", "none", folder, False)
        [mount] = [mount for mount in node.containers[0].mounts if mount.host == folder]
        assert (mount.to, mount.read_only, mount.kind) == (folder, True, "weights")
        assert mount.because.where == "serving.speculative.model.path"
    assert drafts_of(plan)["model"] == folder
    assert "revision" not in drafts_of(plan)


def test_a_draft_of_known_size_and_shape_is_in_the_memory_plan(tmp_path: Path) -> None:
    (tmp_path / "specs").mkdir()
    (tmp_path / "specs" / "draft.json").write_text(json.dumps(CONFIG), encoding="utf-8")
    memory = planned(launch(tmp_path, BY_ID | {"config": "draft.json"})).head.memory
    [weights] = [term for term in memory.terms if term.name == "weights"]
    assert weights.formula.endswith("1.86 GiB / 2 of draft")
    assert memory.kv_bytes_per_token == 62 * 2 * 4 * 128 + 2 * 4 * 64
    assert "unknown" not in {check.verdict for check in memory.checks}


def test_a_draft_of_unknown_size_leaves_no_number_that_reads_as_fine(tmp_path: Path) -> None:
    found = launch(tmp_path, {"path": "/srv/drafts/pad96"})
    verdicts = {check.name: check for check in planned(found).head.memory.checks}
    assert verdicts["load-peak"].verdict == verdicts["kv-positive"].verdict == "unknown"
    assert "serving.speculative.model.size" in verdicts["kv-positive"].explanation
    assert "memory-unknown" in {finding.rule for finding in found.findings}


@pytest.mark.parametrize(
    ("model", "rule", "words"),
    [
        pytest.param({"size": "2 GB"}, "key-missing", "serving.speculative.model.id", id="nothing to load"),
        pytest.param(
            {"id": "example/draft"}, "revision-not-pinned", "wanted the commit of example/draft", id="no commit"
        ),
        pytest.param(BY_ID | {"config": "gone.json"}, "model-config-not-understood", "gone.json cannot", id="no file"),
        pytest.param({"path": "drafts/pad96"}, "value-misfit", "an absolute path on the node", id="no absolute path"),
    ],
)
def test_what_is_missing_is_found(tmp_path: Path, model: dict[str, Any], rule: str, words: str) -> None:
    found = [finding for finding in launch(tmp_path, model).findings if words in finding.message]
    assert found, [finding.message for finding in launch(tmp_path, model).findings]
    assert {finding.rule for finding in found} == {rule}


def test_a_draft_named_among_the_options_only_is_found(tmp_path: Path) -> None:
    rules = {finding.rule for finding in launch(tmp_path, {}, {"model": "/srv/drafts/pad96"}).findings}
    assert "draft-model-in-options" in rules
    assert "draft-model-in-options" not in {finding.rule for finding in launch(tmp_path, BY_PATH).findings}
