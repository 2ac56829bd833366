"""Flags, values and variables against the pinned version: what is said, how heavily, and with which versions in it."""

from __future__ import annotations

from pathlib import Path

import pytest
from examples import compiled

from sparkc.findings import Finding, Severity


def found(folder: Path, fragment: str, base: str = "single") -> dict[str, Finding]:
    return {finding.rule: finding for finding in compiled(folder, fragment, base).findings}


@pytest.mark.parametrize(
    ("fragment", "rule", "words"),
    [
        pytest.param("args: {swap-space: 4}", "flag-unknown", "0.16.0 was the last", id="a flag that is gone"),
        pytest.param(
            "engine: {version: 0.18.1}\nargs: {linear-backend: marlin}", "flag-unknown", "0.23.0 does", id="one to come"
        ),
        pytest.param(
            'env: {VLLM_USE_V1: "1"}',
            "variable-not-in-this-version",
            "0.11.0 was the last",
            id="a variable",
        ),
        pytest.param(
            "engine: {version: 0.18.2}\nargs: {block-sizes: 4}",
            "flag-not-in-nearest-version",
            "vllm 0.18.1 (nearest to 0.18.2)",
            id="both versions are named",
        ),
        pytest.param(
            "engine: {version: 0.18.2}\nargs: {compilation-config: {cudagraph_moed: NONE}}",
            "value-not-in-nearest-version",
            "(nearest to 0.18.2)",
            id="keys too",
        ),
        pytest.param(
            "engine: {version: 0.18.2}\nserving: {load_format: fastsafetensor}",
            "value-not-in-nearest-version",
            "load formats of vLLM 0.18.1",
            id="registered names too",
        ),
        pytest.param(
            'env: {VLLM_USE_FLASHINFER_SAMPLER: "no"}', "variable-value-refused", "wanted", id="int() refuses a word"
        ),
        pytest.param('env: {VLLM_USE_FLASHINFER_SAMPLER: "3"}', None, "", id="int() takes any number"),
        pytest.param('env: {OMP_NUM_THREADS: "8,2"}', None, "", id="a list for nested loops"),
        pytest.param('env: {VLLM_USE_MODELSCOPE: "off"}', None, "", id="a no that is read as a no"),
        pytest.param('env: {NCCL_IB_GID_INDEX: "three"}', "variable-value-unheard-of", "a whole number", id="NCCL"),
        pytest.param('env: {OMP_PROC_BIND: "TRUE"}', None, "", id="case does not matter to this reader"),
    ],
)
def test_what_is_said_and_which_versions_are_named(fragment: str, rule: str | None, words: str, tmp_path: Path) -> None:
    findings = found(tmp_path, fragment)
    about_words = {name for name in findings if name.startswith(("flag-", "variable-value", "variable-not", "switch-"))}
    if rule is None:
        assert about_words == set()
    else:
        assert words in findings[rule].message


@pytest.mark.parametrize(
    "fragment",
    [
        "args: {block-sizes: 4}",
        "args: {block-size: sixteen}",
        "serving: {load_format: nope}",
        'env: {VLLM_USE_V1: "1"}',
    ],
)
def test_only_an_exact_catalog_makes_an_error(fragment: str, tmp_path: Path) -> None:
    def worst(version: str) -> set[Severity]:
        findings = compiled(tmp_path, f"engine: {{version: {version}}}\n{fragment}", "single").findings
        return {finding.severity for finding in findings}

    assert Severity.ERROR in worst("0.30.0")
    assert Severity.ERROR not in worst("0.30.1")
    assert Severity.WARNING in worst("0.30.1")


def test_an_unknown_version_checks_nothing_and_says_so_once(tmp_path: Path) -> None:
    fragment = "engine: {version: unknown}\nargs: {block-sizes: 4}\nenv: {VLLM_NOBODY: x}\nserving: {load_format: nope}"
    findings = [finding.rule for finding in compiled(tmp_path, fragment, "single").findings]
    assert findings.count("engine-version-unknown") == 1
    assert not [name for name in findings if name.startswith(("flag-", "variable-", "value-", "name-"))]


def test_one_setting_in_two_places_points_at_both(tmp_path: Path) -> None:
    finding = found(tmp_path, "args: {moe-backend: marlin, kernel-config: {moe_backend: triton}}")[
        "flag-wins-over-json"
    ]
    assert finding.key == ("args", "moe-backend")
    assert len(finding.remarks) == 1
