from __future__ import annotations

import pytest

from sparkc.catalog.engine import EngineCatalog, available, find_engine, open_catalog
from sparkc.catalog.entries import Group


def catalog(engine: str, version: str) -> EngineCatalog:
    match = find_engine(engine, version)
    assert match is not None
    return match.catalog


@pytest.mark.parametrize(
    ("engine", "wanted", "found", "exact"),
    [
        ("vllm", "0.18.1", "0.18.1", True),
        pytest.param("vllm", "0.18.1rc1", "0.18.1", True, id="a pre-release leads to its release"),
        pytest.param("vllm", "0.18.1.dev12+g1a2b3c", "0.18.1", True, id="a nightly belongs to its release"),
        pytest.param("vllm", "0.18.1+cu130", "0.18.1", True, id="a local build is the same source"),
        pytest.param("vllm", "0.20.0", "0.19.1", False, id="the nearest lower one"),
        pytest.param("vllm", "0.20.0rc1", "0.19.1", False, id="also for a pre-release"),
        pytest.param("vllm", "9.0", "0.33.0", False, id="newer than all"),
        pytest.param("vllm", "0.5.0", "0.11.0", False, id="older than all: the oldest"),
        pytest.param("sglang", "0.5.12.post1", "0.5.12", False, id="a post-release is another source"),
        pytest.param("vllm-ascend", "0.21.0rc1", "0.21.0rc1", True, id="a catalog of the pre-release itself"),
        pytest.param("vllm-ascend", "0.21.0", "0.21.0rc1", False, id="the release after its pre-release"),
        pytest.param("ray", "2.55.1", "2.54.0", False, id="versions compare as numbers"),
    ],
)
def test_a_version_finds_its_catalog(engine: str, wanted: str, found: str, exact: bool) -> None:
    match = find_engine(engine, wanted)
    assert match is not None
    assert (match.catalog.engine, match.catalog.version, match.exact) == (engine, found, exact)


@pytest.mark.parametrize(
    ("engine", "version"), [("vllm", "unknown"), ("vllm", "latest"), ("vllm", ""), ("trt-llm", "1.0"), ("", "1.0")]
)
def test_nothing_to_check_against_is_none(engine: str, version: str) -> None:
    assert find_engine(engine, version) is None


def test_versions_are_listed_as_numbers_not_as_text() -> None:
    assert available("sglang") == ("0.5.5", "0.5.10", "0.5.12", "0.5.23")
    assert available("vllm")[0] == "0.11.0"
    assert not any(version.startswith("ascend") for version in available("vllm"))


@pytest.mark.parametrize(
    ("engine", "spelling", "name", "negated", "inner"),
    [
        ("vllm", "--max-model-len", "--max-model-len", False, ()),
        pytest.param("vllm", "--max_model_len", "--max-model-len", False, (), id="underscores are dashes"),
        ("vllm", "-tp", "--tensor-parallel-size", False, ()),
        ("vllm", "--no-enable-prefix-caching", "--enable-prefix-caching", True, ()),
        pytest.param(
            "vllm", "-cc.pass_config.x", "--compilation-config", False, ("pass_config", "x"), id="a dotted key"
        ),
        pytest.param("vllm", "--enable_x.y", None, False, (), id="an unknown name stays unknown"),
        pytest.param("vllm", "--max-model", None, False, (), id="a prefix is no name, though the parser takes it"),
        ("sglang", "--tp-size", "--tensor-parallel-size", False, ()),
        pytest.param("sglang", "--mem_fraction_static", None, False, (), id="SGLang refuses underscores"),
    ],
)
def test_a_spelling_means_a_flag(
    engine: str, spelling: str, name: str | None, negated: bool, inner: tuple[str, ...]
) -> None:
    flag = catalog(engine, {"vllm": "0.18.1", "sglang": "0.5.12"}[engine]).flag(spelling)
    if name is None:
        assert flag is None
    else:
        assert flag is not None
        assert (flag.name, flag.negated, flag.inner) == (name, negated, inner)


@pytest.mark.parametrize(
    ("name", "known_in", "unknown_in"),
    [
        ("VLLM_NVFP4_GEMM_BACKEND", ("0.13.0", "0.18.1", "0.23.0"), ("0.11.0", "0.27.1", "0.30.0")),
        ("VLLM_TEST_FORCE_FP8_MARLIN", ("0.11.0", "0.18.1", "0.27.1"), ("0.30.0", "0.33.0")),
        ("VLLM_USE_FLASHINFER_MOE_FP4", ("0.11.0", "0.23.0"), ("0.27.1",)),
        ("VLLM_MARLIN_USE_ATOMIC_ADD", ("0.11.0", "0.18.1", "0.33.0"), ()),
        ("VLLM_ATTENTION_BACKEND", ("0.11.0", "0.13.0"), ("0.16.0",)),
    ],
)
def test_marlin_variables_come_and_go(name: str, known_in: tuple[str, ...], unknown_in: tuple[str, ...]) -> None:
    assert [version for version in known_in if name not in catalog("vllm", version).variables()] == []
    assert [version for version in unknown_in if name in catalog("vllm", version).variables()] == []


@pytest.mark.parametrize(
    ("name", "known_in", "unknown_in"),
    [
        ("--moe-backend", ("0.18.1", "0.33.0"), ("0.16.0",)),
        ("--linear-backend", ("0.23.0", "0.33.0"), ("0.21.0",)),
        ("--fail-on-environ-validation", ("0.18.1",), ("0.16.0",)),
        ("--attention-backend", ("0.13.0",), ("0.11.0",)),
        ("--prefill-context-parallel-size", ("0.13.0",), ("0.11.0",)),
        ("--swap-space", ("0.16.0",), ("0.18.1",)),
        ("--distributed-timeout-seconds", ("0.18.1",), ("0.16.0",)),
        ("--disable-cuda-graph", (), ("0.11.0", "0.33.0")),
    ],
)
def test_flags_come_and_go(name: str, known_in: tuple[str, ...], unknown_in: tuple[str, ...]) -> None:
    assert [version for version in known_in if catalog("vllm", version).flag(name) is None] == []
    assert [version for version in unknown_in if catalog("vllm", version).flag(name) is not None] == []


def test_marlin_is_a_choice_of_the_moe_backend_from_0_18() -> None:
    flag = catalog("vllm", "0.18.1").flag("--moe-backend")
    assert flag is not None
    assert flag.value.choices is not None
    assert "marlin" in flag.value.choices
    assert flag.value.any_case
    assert flag.sets == "KernelConfig.moe_backend"


def test_the_default_memory_share_moved() -> None:
    shares = {version: catalog("vllm", version).flag("--gpu-memory-utilization") for version in ("0.19.1", "0.21.0")}
    assert [flag.value.default for flag in shares.values() if flag] == [0.9, 0.92]


def test_minimax_parsers_are_spelled_per_engine_and_version() -> None:
    assert "minimax_m2" in catalog("vllm", "0.13.0").parsers("tool")
    assert "minimax_m2" not in catalog("vllm", "0.11.0").parsers("tool")
    assert {"minimax_m2", "minimax_m2_append_think"} <= set(catalog("vllm", "0.18.1").parsers("reasoning"))
    assert "minimax_m3" in catalog("vllm", "0.27.1").parsers("tool")
    assert "minimax-m2" in catalog("sglang", "0.5.12").parsers("tool")
    assert {"minimax", "minimax-append-think"} <= set(catalog("sglang", "0.5.12").parsers("reasoning"))


def test_eagle3_knows_minimax_from_0_19_on() -> None:
    assert "minimax_m2" not in catalog("vllm", "0.18.1").registered(Group.EAGLE3_TARGETS)
    assert "minimax_m2" in catalog("vllm", "0.19.1").registered(Group.EAGLE3_TARGETS)
    assert catalog("vllm", "0.23.0").registered(Group.EAGLE3_TARGETS) == ()


def test_load_formats_gained_instanttensor() -> None:
    assert "instanttensor" in catalog("vllm", "0.18.1").registered(Group.LOAD_FORMATS)
    assert "instanttensor" not in catalog("vllm", "0.16.0").registered(Group.LOAD_FORMATS)


def test_compilation_config_is_closed_and_names_its_graph_modes() -> None:
    vllm = catalog("vllm", "0.18.1")
    flag = vllm.flag("-cc")
    assert flag is not None
    schema = vllm.schema(flag.value.schema)
    assert schema is not None
    assert schema.closed
    mode = schema.keys["cudagraph_mode"].value
    assert mode.choices == ("FULL", "FULL_AND_PIECEWISE", "FULL_DECODE_ONLY", "NONE", "PIECEWISE")
    assert mode.any_case


@pytest.mark.parametrize(
    ("version", "name", "reaches"),
    [
        ("0.18.1", "NCCL_SOCKET_IFNAME", True),
        ("0.18.1", "VLLM_NVFP4_GEMM_BACKEND", True),
        ("0.18.1", "GLOO_SOCKET_IFNAME", False),
        ("0.18.1", "OMP_NUM_THREADS", False),
        pytest.param("0.18.1", "VLLM_HOST_IP", False, id="each worker has its own"),
        pytest.param("0.21.0", "GLOO_SOCKET_IFNAME", True, id="the second executor hands over everything"),
        pytest.param("0.21.0", "VLLM_HOST_IP", False, id="but for the worker's own names"),
    ],
)
def test_what_reaches_ray_workers_depends_on_the_version(version: str, name: str, reaches: bool) -> None:
    assert catalog("vllm", version).reaches_ray_workers(name) is reaches


@pytest.mark.parametrize(
    ("word", "answer"), [("1", True), pytest.param("true", False, id="exactly 1 enables"), ("0", False)]
)
def test_atomic_add_understands_only_one_word(word: str, answer: bool) -> None:
    variable = catalog("vllm", "0.18.1").variable("VLLM_MARLIN_USE_ATOMIC_ADD")
    assert variable is not None
    assert variable.spellings is not None
    assert variable.spellings.says_yes(word) is answer


@pytest.mark.parametrize(
    ("name", "word", "accepted"),
    [
        ("--tensor-parallel-size", "2", True),
        ("--tensor-parallel-size", "two", False),
        pytest.param("--tensor-parallel-size", "2k", False, id="this one takes no suffix"),
        pytest.param("--max-num-batched-tokens", "8k", True, id="this one does"),
        ("--max-model-len", "auto", True),
        ("--gpu-memory-utilization", "0.82", True),
        pytest.param("--gpu-memory-utilization", "1.2", False, id="more than everything"),
        pytest.param("--gpu-memory-utilization", "0", False, id="nothing at all"),
        ("--kv-cache-dtype", "fp8", True),
        ("--kv-cache-dtype", "FP8", False),
        pytest.param("--moe-backend", "FlashInfer-CUTLASS", True, id="folded by the flag itself"),
        ("--moe-backend", "marlin2", False),
        pytest.param("--load-format", "nope", True, id="an open list: refused much later"),
        ("--compilation-config", '{"mode": 3}', True),
        ("--compilation-config", "{mode: 3}", False),
        pytest.param("--served-model-name", "", True, id="an empty word means not set"),
    ],
)
def test_a_flag_accepts_what_the_parser_takes(name: str, word: str, accepted: bool) -> None:
    flag = catalog("vllm", "0.18.1").flag(name)
    assert flag is not None
    assert flag.value.accepts(word) is accepted


def test_two_catalogs_of_one_version_are_kept_apart() -> None:
    """A fork's own catalog may carry the same engine, version and origin as another file."""
    bare = {"base": None, "engine": "vllm", "version": "1.0", "read_from": "site-packages", "parser": {}}
    first = open_catalog({**bare, "flags": {"--one": {"kind": "int"}}})
    second = open_catalog({**bare, "flags": {"--two": {"kind": "int"}}})
    assert (first.names(), second.names()) == (("--one",), ("--two",))
