"""One spec, several engine versions: each gets its own words, and a fork brings its own."""

from __future__ import annotations

import datetime
import json
import subprocess
import sys
from pathlib import Path

import pytest

from calling import PAIR, REPOSITORY, project
from sparkc.cli.toolbox import toolbox
from sparkc.driver import Compilation, compile_spec
from sparkc.source.project import Plugins

TODAY = datetime.date(2026, 11, 20)
SPEC = REPOSITORY / "specs/minimax-m27-nvfp4.yaml"
CATALOG = REPOSITORY / "compiler/sparkc/catalog/engines/vllm-0.18.1.json"
NVFP4_LAYERS = '{"linear_backend_per_quant":{"nvfp4_w4a4":"marlin"}}'
ABOUT_MARLIN = (
    "--moe-backend",
    "--linear-backend",
    "--kernel-config",
    "VLLM_NVFP4_GEMM_BACKEND",
    "VLLM_USE_FLASHINFER_MOE_FP4",
    "VLLM_TEST_FORCE_FP8_MARLIN",
)


def compiled(spec: Path, version: str | None = None) -> Compilation:
    root = REPOSITORY if spec.is_relative_to(REPOSITORY) else spec.parent.parent
    return compile_spec(spec, root, toolbox(Plugins()), TODAY, engine_version=version)


def words_for_marlin(version: str) -> dict[str, str]:
    plan = compiled(SPEC, version).launches[0].plan
    assert plan is not None
    container = plan.head.containers[0]
    engine = container.processes[-1]
    settings = (*container.environment, *engine.environment, *engine.arguments)
    return {setting.key: str(setting.value) for setting in settings if setting.key in ABOUT_MARLIN}


@pytest.mark.parametrize(
    ("version", "words"),
    [
        pytest.param(
            "0.18.1",
            {"--moe-backend": "marlin", "VLLM_NVFP4_GEMM_BACKEND": "marlin"},
            id="a flag for experts, a variable for layers",
        ),
        pytest.param("0.23.0", {"--moe-backend": "marlin", "--linear-backend": "marlin"}, id="two flags"),
        pytest.param(
            "0.33.0",
            {"--moe-backend": "marlin", "--kernel-config": NVFP4_LAYERS},
            id="a flag, and a key for NVFP4 alone",
        ),
    ],
)
def test_marlin_is_said_in_the_words_of_each_version(version: str, words: dict[str, str]) -> None:
    assert words_for_marlin(version) == words


@pytest.mark.parametrize("version", ["0.18.1", "0.23.0", "0.33.0"])
def test_the_launch_has_no_error_in_any_of_them(version: str) -> None:
    launches = [launch for launch in compiled(SPEC, version).launches if launch.variant != "throughput"]
    assert len(launches) == 2
    assert [finding.rule for launch in launches for finding in launch.findings if finding.stops_the_build] == []


def test_what_was_published_in_variables_is_deprecated_first_and_gone_then() -> None:
    def about(version: str) -> set[tuple[str, str]]:
        found = next(launch for launch in compiled(SPEC, version).launches if launch.variant == "throughput").findings
        return {(finding.rule, str(finding.key[-1])) for finding in found if finding.key[:1] == ("env",)}

    gemm, experts, force = "VLLM_NVFP4_GEMM_BACKEND", "VLLM_USE_FLASHINFER_MOE_FP4", "VLLM_TEST_FORCE_FP8_MARLIN"
    assert about("0.18.1") == set()
    assert about("0.23.0") == {("variable-on-its-way-out", gemm), ("variable-on-its-way-out", experts)}
    assert about("0.33.0") == {("variable-not-in-this-version", name) for name in (gemm, experts, force)}


def test_a_build_reads_the_catalogs_of_its_own_engine_and_ray_alone() -> None:
    program = (
        "import sys, sparkc.catalog.engine as engine; from pathlib import Path; real = Path.read_bytes\n"
        "def noted(path): print(path.name) if path.parent == engine.ENGINES else None; return real(path)\n"
        "Path.read_bytes = noted; sys.argv = ['sparkc', 'check', 'specs/minimax-m27.yaml']\n"
        "from sparkc.cli.entry import main; main()"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    read = {line for line in done.stdout.splitlines() if line.endswith(".json")}
    assert read == {"vllm-0.18.1.json", "ray-2.54.0.json"}


# --- forks -----------------------------------------------------------------------------------------------------------


def fork(folder: Path, *, text: str | None = None, fragment: str = "") -> Compilation:
    """Compile a pair whose image brings a flag and a variable that no release has."""
    spec = PAIR.replace("  executor: ray\n", "  executor: ray\n  fork: {catalog: fork.json}\n") + fragment
    root = project(folder, pair=spec)
    if text is None:
        data = json.loads(CATALOG.read_text("utf-8"))
        data["flags"]["--virtual-shards"] = {"kind": "int", "default": 1}
        data["variables"]["VLLM_FORK_ONLY"] = {"kind": "str", "choices": ["a", "b"]}
        text = json.dumps(data)
    (root / "specs/fork.json").write_text(text, "utf-8")
    return compiled(root / "specs/pair.yaml")


def rules(compilation: Compilation) -> dict[str, str]:
    return {finding.rule: finding.message for finding in compilation.findings}


def test_what_a_fork_brings_is_known(tmp_path: Path) -> None:
    fragment = "\nargs: {virtual-shards: 3}\nenv: {VLLM_FORK_ONLY: a}\n"
    assert (
        not {"flag-unknown", "variable-unknown", "flag-not-in-nearest-version"}
        & rules(fork(tmp_path, fragment=fragment)).keys()
    )


def test_what_a_fork_brings_is_known_for_its_image_alone(tmp_path: Path) -> None:
    root = project(tmp_path, pair=PAIR + "\nargs: {virtual-shards: 3}\n")
    assert "--virtual-shards" in rules(compiled(root / "specs/pair.yaml"))["flag-unknown"]


def test_the_catalog_of_a_fork_is_exact(tmp_path: Path) -> None:
    found = rules(fork(tmp_path, fragment="\nargs: {virtual-shard: 3}\nenv: {VLLM_FORK_ONLY: c}\n"))
    assert "--virtual-shard is no flag" in found["flag-unknown"]
    assert "wanted one of a, b" in found["variable-value-refused"]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("{", "not JSON"),
        ('{"format": 1}', "engine: found nothing"),
        pytest.param(
            CATALOG.read_text("utf-8").replace('"engine": "vllm"', '"engine": "sglang"', 1),
            "wanted vllm",
            id="of SGLang",
        ),
    ],
)
def test_a_catalog_that_is_nonsense_is_refused_with_file_and_key(tmp_path: Path, text: str, sentence: str) -> None:
    found = [finding for finding in fork(tmp_path, text=text).findings if finding.rule == "fork-catalog-unusable"]
    assert len(found) == 1
    assert found[0].key == ("engine", "fork", "catalog")
    assert "fork.json" in found[0].message
    assert sentence in found[0].message


def test_a_catalog_that_is_not_there_or_outside_is_a_finding(tmp_path: Path) -> None:
    missing = PAIR.replace("  executor: ray\n", "  executor: ray\n  fork: {catalog: nowhere.json}\n")
    outside = PAIR.replace("  executor: ray\n", "  executor: ray\n  fork: {catalog: ../../else.json}\n")
    root = project(tmp_path, missing=missing, outside=outside.replace("name: pair", "name: other"))
    assert "no-such-file" in rules(compiled(root / "specs/missing.yaml"))
    assert "path-outside-project" in rules(compiled(root / "specs/outside.yaml"))
