from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from sparkc.catalog import variables
from sparkc.catalog.engine import EngineCatalog, find_engine
from sparkc.catalog.entries import Kind
from sparkc.catalog.images import find_image
from sparkc.catalog.variables import in_other_case, known_names, owner_of

FILES = sorted((Path(variables.__file__).parent / "owners").glob("*.yaml"))
PROCESSES = {"raylet", "driver", "worker", "host", "proxy"}


def engine(name: str = "vllm", version: str = "0.18.1") -> EngineCatalog:
    match = find_engine(name, version)
    assert match is not None
    return match.catalog


VLLM, RAY = engine(), engine("ray", "2.54.0")


@pytest.mark.parametrize(
    ("name", "owner", "readers"),
    [
        ("VLLM_HOST_IP", "vllm", {"driver", "worker"}),
        ("VLLM_MARLIN_USE_ATOMIC_ADD", "vllm", {"driver", "worker"}),
        pytest.param("RAY_memory_usage_threshold", "ray", {"raylet"}, id="read when ray start runs"),
        pytest.param("RAY_prestart_worker_first_driver", "ray", {"raylet"}, id="compiled too"),
        pytest.param("RAY_DEDUP_LOGS", "ray", {"driver"}, id="the one setting of the driver"),
        ("NCCL_IB_HCA", "nccl", {"driver", "worker"}),
        ("GLOO_SOCKET_IFNAME", "torch", {"driver", "worker"}),
        ("HCCL_BUFFSIZE", "cann", {"driver", "worker"}),
        ("LD_PRELOAD", "system", {"raylet", "driver", "worker", "proxy"}),
        ("VLLM_SPARK_EXTRA_DOCKER_ARGS", "launchers", {"host"}),
        ("GPU_MEM_UTIL", "launchers", {"host"}),
    ],
)
def test_a_variable_belongs_to_an_owner_and_its_readers(name: str, owner: str, readers: set[str]) -> None:
    variable = owner_of(name, VLLM, RAY)
    assert variable is not None
    assert (variable.owner, variable.readers) == (owner, readers)


@pytest.mark.parametrize("name", ["SAFETENSORS_FAST_GPU", "SGLANG_DISABLE_CUDA_GRAPH"])
def test_dead_names_say_why_and_are_never_suggested(name: str) -> None:
    variable = owner_of(name, VLLM, RAY)
    assert variable is not None
    assert variable.dead
    assert variable.readers == frozenset()
    assert name not in known_names(VLLM, RAY)


def test_wrong_case_is_unknown_and_its_right_spelling_is_found() -> None:
    assert owner_of("RAY_MEMORY_USAGE_THRESHOLD", VLLM, RAY) is None
    assert in_other_case("RAY_MEMORY_USAGE_THRESHOLD", VLLM, RAY) == "RAY_memory_usage_threshold"
    assert in_other_case("nccl_ib_hca", VLLM, RAY) == "NCCL_IB_HCA"
    assert in_other_case("RAY_memory_usage_threshold", VLLM, RAY) is None


@pytest.mark.parametrize("name", ["NCCL_SOCKET_IFNAME", "GLOO_SOCKET_IFNAME", "VLLM_HOST_IP", "HCCL_IF_IP"])
def test_names_that_differ_per_node_say_so(name: str) -> None:
    variable = owner_of(name, VLLM, RAY)
    assert variable is not None
    assert variable.per_node


def test_an_image_brings_names_for_itself_alone() -> None:
    image = find_image("avarok/dgx-vllm-nvfp4-kernel:v22")
    assert image is not None
    variable = owner_of("PORT", VLLM, RAY, image)
    assert variable is not None
    assert variable.readers == {"host"}
    assert owner_of("PORT", VLLM, RAY) is None


def test_without_catalogs_hand_kept_names_are_still_known() -> None:
    assert owner_of("NCCL_DEBUG", None) is not None
    assert owner_of("VLLM_HOST_IP", None) is not None
    assert owner_of("VLLM_NO_SUCH_THING", None) is None


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_an_owner_file_is_complete_sorted_and_cited(path: Path) -> None:
    data = yaml.safe_load(path.read_text("utf-8"))
    assert set(data) <= {"owner", "title", "readers", "evidence", "variables", "names"}
    assert data["evidence"]["link"].startswith("https://")
    assert set(data["readers"]) <= PROCESSES
    names = [*data["variables"], *data.get("names", ())]
    assert len(names) == len(set(names))
    assert data.get("names", []) == sorted(data.get("names", []))
    for name, entry in data["variables"].items():
        assert re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name)
        assert set(entry) <= {
            "kind", "choices", "suggestions", "any_case", "readers", "per_node", "instead", "dead", "link"
        }, name  # fmt: skip
        Kind(entry["kind"])
        assert all(isinstance(word, str) for word in (*entry.get("choices", ()), *entry.get("suggestions", ()))), name
        assert set(entry.get("readers", ())) <= PROCESSES
        assert entry.get("link", "https://").startswith("https://")


def test_no_name_has_two_owners() -> None:
    shared = [path for path in FILES if not path.stem.startswith("image-")]
    names = [
        name
        for path in shared
        for data in [yaml.safe_load(path.read_text("utf-8"))]
        for name in (*data["variables"], *data.get("names", ()))
    ]
    assert sorted(name for name in set(names) if names.count(name) > 1) == []


def test_every_image_with_names_of_its_own_is_an_image_that_is_known() -> None:
    images = Path(variables.__file__).parent / "images"
    for path in FILES:
        if path.stem.startswith("image-"):
            assert (images / f"{path.stem.removeprefix('image-')}.yaml").is_file()


def test_what_the_image_of_a_fork_reads_is_known_in_that_image_alone() -> None:
    variable = owner_of("VLLM_USE_B12X_MOE", VLLM, RAY, find_image("vllm-m3-chthonic:nccl230u1"))
    assert variable is not None
    assert variable.readers == {"driver", "worker"}
    assert owner_of("VLLM_USE_B12X_MOE", VLLM, RAY, find_image("eugr-vllm:latest")) is None
