"""`fit` in a spec: sparkc picks a value that surely works, says why, and says so when there is none."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from sparkc.cli.toolbox import toolbox
from sparkc.driver import Launch, compile_spec
from sparkc.plan import Origin
from sparkc.source.project import Plugins
from sparkc.spec.schema import json_schema

GIB = 2**30
SPEC: dict[str, Any] = {
    "apiVersion": "sparkc/v1",
    "name": "fitted",
    "model": {"id": "olka-fi/MiniMax-M2.7-MXFP4"},
    "quant": "mxfp4",
    "engine": {"name": "vllm", "version": "0.18.1rc1", "image": "vllm-node:latest", "executor": "mp"},
    "nodes": {
        "hardware": "dgx-spark",
        "hosts": [{"name": "spark-1", "address": "10.0.0.1"}, {"name": "spark-2", "address": "10.0.0.2"}],
    },
    "interconnect": {"kind": "roce", "interface": "enp1s0f0np0", "hca": ["rocep1s0f0", "roceP2p1s0f0"]},
    "parallelism": {"tensor": 2},
    "targets": ["shell"],
}


def launch(folder: Path, serving: dict[str, Any], **changes: Any) -> Launch:
    path = folder / "spec.yaml"
    path.write_text(yaml.safe_dump(SPEC | changes | {"serving": serving}), encoding="utf-8")
    return compile_spec(path, folder, toolbox(Plugins()), datetime.date(2026, 11, 20)).launches[0]


def flag(launch: Launch, name: str) -> tuple[str | None, str]:
    """Return the value of an engine flag, and why it has it."""
    assert launch.plan is not None, [finding.message for finding in launch.findings]
    process = launch.plan.head.containers[0].processes[-1]
    found = [setting for setting in process.arguments if setting.key == name]
    if not found:
        return None, ""
    assert isinstance(found[0].value, str)
    assert found[0].because.kind is Origin.PASS
    return found[0].value, found[0].because.reason


def verdicts(launch: Launch) -> set[str]:
    assert launch.plan is not None
    return {check.verdict for node in launch.plan.nodes for check in node.memory.checks}


class TestMemory:
    def test_the_highest_share_that_passes_is_taken(self, tmp_path: Path) -> None:
        serving = {"max_model_len": 131072, "kv_cache_dtype": "fp8", "memory": "fit"}
        fitted = launch(tmp_path, serving)
        value, reason = flag(fitted, "--gpu-memory-utilization")
        assert value is not None
        assert verdicts(fitted) == {"yes"}
        higher = launch(tmp_path, serving | {"memory": {"gpu_memory_utilization": round(float(value) + 0.01, 2)}})
        assert "tight" in verdicts(higher)
        assert "highest share with which every memory check passes" in reason
        assert "8.00 GiB are wanted" in reason

    def test_what_other_services_keep_lowers_it(self, tmp_path: Path) -> None:
        serving = {"max_model_len": 131072, "kv_cache_dtype": "fp8", "memory": "fit"}
        nodes = {
            "hardware": "dgx-spark",
            "hosts": [
                {"name": "spark-1", "address": "10.0.0.1"},
                {"name": "spark-2", "address": "10.0.0.2", "reserved": [{"name": "speech", "memory": "8 GiB"}]},
            ],
        }
        alone, _ = flag(launch(tmp_path, serving), "--gpu-memory-utilization")
        shared, _ = flag(launch(tmp_path, serving, nodes=nodes), "--gpu-memory-utilization")
        assert alone is not None
        assert shared is not None
        assert 0.05 < float(alone) - float(shared) < 0.09


class TestContext:
    def test_the_longest_request_that_surely_fits(self, tmp_path: Path) -> None:
        serving = {"memory": {"gpu_memory_utilization": 0.70}, "kv_cache_dtype": "auto", "max_model_len": "fit"}
        fitted = launch(tmp_path, serving)
        value, reason = flag(fitted, "--max-model-len")
        assert value is not None
        tokens = int(value)
        assert tokens % 4096 == 0
        assert "no" not in verdicts(fitted)
        [check] = [check for check in fitted.plan.nodes[0].memory.checks if check.name == "kv-one-request"]  # type: ignore[union-attr]
        assert check.verdict == "yes"
        longer = launch(tmp_path, serving | {"max_model_len": tokens + 4096})
        [check] = [check for check in longer.plan.nodes[0].memory.checks if check.name == "kv-one-request"]  # type: ignore[union-attr]
        assert check.verdict == "tight"
        assert f"{tokens:,} tokens fits into" in reason

    def test_never_longer_than_the_model(self, tmp_path: Path) -> None:
        fitted = launch(tmp_path, {"kv_cache_dtype": "fp8", "max_model_len": "fit"})
        assert flag(fitted, "--max-model-len")[0] == "204800"

    def test_together_with_the_share(self, tmp_path: Path) -> None:
        fitted = launch(tmp_path, {"memory": "fit", "max_model_len": "fit", "kv_cache_dtype": "auto"})
        assert flag(fitted, "--max-model-len")[0] is not None
        assert flag(fitted, "--gpu-memory-utilization")[0] is not None
        assert verdicts(fitted) == {"yes"}


class TestPin:
    def test_the_pin_takes_the_place_of_a_fraction(self, tmp_path: Path) -> None:
        fitted = launch(
            tmp_path,
            {"max_model_len": 131072, "kv_cache_dtype": "fp8", "memory": {"kv_cache_memory_bytes": "fit"}},
        )
        value, reason = flag(fitted, "--kv-cache-memory-bytes")
        assert value is not None
        assert int(value) % (256 * 2**20) == 0
        assert "low end" in reason
        assert flag(fitted, "--gpu-memory-utilization")[0] is None
        assert "no" not in verdicts(fitted)

    def test_plan_computes_the_pin_of_any_launch(self, tmp_path: Path) -> None:
        """The low end of the cache's band, so that a boot with the pin takes no more than one without it."""
        plan = launch(tmp_path, {"max_model_len": 131072, "memory": {"gpu_memory_utilization": 0.82}}).plan
        assert plan is not None
        memory = plan.nodes[0].memory
        [cache] = [term for term in memory.terms if term.name == "KV cache"]
        assert memory.kv_pin is not None
        assert 0 <= cache.low - memory.kv_pin < 256 * 2**20


@pytest.mark.parametrize("serving", [{"max_model_len": "fit"}, {"memory": "fit"}])
def test_nothing_fits_when_nothing_is_known(tmp_path: Path, serving: dict[str, Any]) -> None:
    unknown = launch(tmp_path, serving, model={"id": "example/unknown"})
    assert "fit-not-found" in {finding.rule for finding in unknown.findings}


def test_nothing_fits_when_the_weights_are_too_large(tmp_path: Path) -> None:
    large = launch(tmp_path, {"memory": "fit"}, model={"id": "MiniMaxAI/MiniMax-M2.7"}, quant="fp8")
    [finding] = [finding for finding in large.findings if finding.rule == "fit-not-found"]
    assert finding.span.line > 0
    assert "found fit, wanted a share of the memory" in finding.message


def test_fit_elsewhere_is_no_word_of_the_language(tmp_path: Path) -> None:
    wrong = launch(tmp_path, {"max_num_seqs": "fit"})
    [finding] = [finding for finding in wrong.findings if finding.key == ("serving", "max_num_seqs")]
    assert finding.rule == "value-misfit"


def test_editors_know_the_word() -> None:
    parts = json_schema()["$defs"]
    for part, key in (("Serving", "max_model_len"), ("MemoryPart", "kv_cache_memory_bytes")):
        shape = parts[part] if "properties" in parts[part] else parts[part]["anyOf"][0]
        assert '{"const": "fit"}'.replace('"', "'") in str(shape["properties"][key])
    assert {"const": "fit"} in parts["MemoryPart"]["anyOf"]


def test_a_variant_may_take_the_decision_back(tmp_path: Path) -> None:
    path = tmp_path / "spec.yaml"
    spec = SPEC | {
        "serving": {"max_model_len": "fit", "memory": "fit", "kv_cache_dtype": "fp8"},
        "variants": {"fixed": {"serving": {"max_model_len": 4096, "memory": {"gpu_memory_utilization": 0.7}}}},
    }
    path.write_text(yaml.safe_dump(spec), encoding="utf-8")
    fixed = compile_spec(path, tmp_path, toolbox(Plugins()), datetime.date(2026, 11, 20)).launches[1]
    assert fixed.plan is not None
    assert fixed.plan.layouts[0].max_model_len == 4096
