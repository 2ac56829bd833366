"""Looking things up in the catalog gives what the sources say."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sparkc.catalog.collectives import collectives_names, find_collectives
from sparkc.catalog.engine import available, find_engine
from sparkc.catalog.entries import Group
from sparkc.catalog.figures import figures_for
from sparkc.catalog.hardware import find_hardware, hardware_names
from sparkc.catalog.images import Answer, find_image
from sparkc.catalog.interconnects import find_interconnect
from sparkc.catalog.known_bad import known_bad_for
from sparkc.catalog.models import find_family, find_model, model_families
from sparkc.catalog.situation import Situation
from sparkc.catalog.troubles import troubles_for
from sparkc.catalog.versions import is_within, may_be_within

TWO_SPARKS = Situation(
    engine="vllm",
    engine_version="0.18.1rc1",
    executor="ray",
    hardware="dgx-spark",
    nodes=2,
    tensor=2,
    pipeline=1,
    expert=1,
    quant="nvfp4",
    family="minimax-m2",
    settings=(("cuda_graphs", "off"),),
)


def with_graphs(mode: str) -> Situation:
    return replace(TWO_SPARKS, settings=(("cuda_graphs", mode),))


def bad(launch: Situation) -> set[str]:
    return {entry.id for entry in known_bad_for(launch)}


def test_a_spark_is_one_gpu_with_one_pool() -> None:
    spark = find_hardware("dgx-spark")
    assert spark is not None
    assert (spark.accelerators_per_node, spark.unified, spark.compute_capability) == (1, True, "12.1")
    assert spark.memory_bytes == 128_494_684_078
    assert spark.management == ("enP7s7",)


def test_a_cage_of_a_spark_has_two_rdma_devices() -> None:
    spark = find_hardware("dgx-spark")
    assert spark is not None
    port = spark.port("enp1s0f0np0")
    assert port is not None
    twin = spark.port(port.twin or "")
    assert twin is not None
    assert (port.hca, twin.hca) == ("rocep1s0f0", "roceP2p1s0f0")


def test_an_unknown_machine_is_none() -> None:
    assert find_hardware("dgx-station") is None


def test_an_atlas_a3_gives_a_container_sixteen_npus() -> None:
    atlas = find_hardware("atlas-800-a3")
    assert atlas is not None
    assert len([device for device in atlas.devices if device.removeprefix("/dev/davinci").isdigit()]) == 16


@pytest.mark.parametrize("hub_id", ["olka-fi/MiniMax-M2.7-MXFP4", "OLKA-FI/minimax-m2.7-mxfp4"])
def test_a_model_is_found_by_its_hub_id_in_any_case(hub_id: str) -> None:
    found = find_model(hub_id)
    assert found is not None
    model, checkpoint = found
    assert (model.family, checkpoint.quant, checkpoint.bytes) == ("minimax-m2", "mxfp4", 115_000_000_000)
    assert checkpoint.max_position_embeddings == 204800


def test_an_unknown_model_is_none() -> None:
    assert find_model("someone/some-model") is None
    assert find_family("some-model") is None


def test_what_was_loaded_counts_more_than_what_stands_on_disk() -> None:
    found = find_model("Qwen/Qwen3.6-27B-FP8")
    assert found is not None
    assert found[1].bytes is None
    assert found[1].weight_bytes == 30_870_077_440


def test_minimax_samples_as_its_authors_ask() -> None:
    found = find_model("MiniMaxAI/MiniMax-M2.7")
    assert found is not None
    assert found[0].sampling is not None
    assert dict(found[0].sampling.parameters) == {"temperature": 1.0, "top_p": 0.95, "top_k": 40}


@pytest.mark.parametrize(
    ("engine", "tool"),
    [("vllm", "minimax_m2"), ("sglang", "minimax-m2"), ("vllm-ascend", "minimax_m2")],
)
def test_each_engine_spells_the_parser_its_own_way(engine: str, tool: str) -> None:
    model = find_family("minimax-m2")
    assert model is not None
    parsers = model.parsers_for(engine)
    assert parsers is not None
    assert parsers.tool == tool


@pytest.mark.parametrize(
    ("reference", "version", "answer"),
    [
        pytest.param("eugr-vllm:latest", None, Answer.YES, id="the community build carries Ray"),
        pytest.param("vllm/vllm-openai:v0.24.0", "0.24.0", Answer.NO, id="stock images lost Ray"),
        pytest.param("vllm/vllm-openai:v0.16.0", "0.16.0", Answer.YES, id="older stock images had it"),
        pytest.param("vllm/vllm-openai:v0.17.1", "0.17.1", Answer.UNKNOWN, id="nobody looked in between"),
        pytest.param("vllm/vllm-openai:nightly", None, Answer.UNKNOWN, id="without a version nobody knows"),
        pytest.param("vllm/vllm-openai@sha256:0f", "0.33.0", Answer.NO, id="a digest ends the name as well"),
    ],
)
def test_an_image_says_whether_it_has_ray(reference: str, version: str | None, answer: Answer) -> None:
    image = find_image(reference)
    assert image is not None
    assert image.has_ray(version) is answer


@pytest.mark.parametrize("reference", ["eugr-vllm2:latest", "vllm/vllm-openai-rocm:latest", "vllm", ""])
def test_an_image_that_only_begins_alike_is_unknown(reference: str) -> None:
    assert find_image(reference) is None


def test_roce_needs_rdma_devices_and_tcp_does_not() -> None:
    roce, tcp = find_interconnect("roce"), find_interconnect("tcp")
    assert roce is not None
    assert tcp is not None
    assert (roce.rdma, tcp.rdma) == (True, False)
    assert find_interconnect("nvlink") is None


@pytest.mark.parametrize(
    ("mode", "entry"),
    [
        ("piecewise", "vllm-ray-graphs-piecewise-m2-nvfp4"),
        ("full_and_piecewise", "vllm-ray-graphs-full-m2-nvfp4"),
        ("default", "vllm-ray-graphs-default-m2-nvfp4"),
    ],
)
def test_graphs_across_two_sparks_are_known_bad(mode: str, entry: str) -> None:
    assert bad(with_graphs(mode)) == {entry}


def test_eager_mode_across_two_sparks_is_not_known_bad() -> None:
    assert bad(TWO_SPARKS) == set()


def test_a_fixed_nccl_lifts_the_ban_on_graphs() -> None:
    assert bad(replace(with_graphs("piecewise"), nccl="2.30.4")) == set()
    assert bad(replace(with_graphs("piecewise"), nccl="2.28.9")) != set()


def test_three_nodes_with_piecewise_graphs_are_not_known_bad() -> None:
    launch = replace(with_graphs("piecewise"), nodes=3, tensor=3, family="minimax-m3")
    assert bad(launch) == set()


def test_q_and_k_norm_fails_across_nodes_with_one_release_only() -> None:
    for version, known in (("0.22.1", False), ("0.23.0", True), ("0.24.0", False)):
        launch = replace(TWO_SPARKS, engine_version=version)
        assert ("vllm-m2-qk-norm-across-nodes" in bad(launch)) is known
    assert "vllm-m2-qk-norm-across-nodes" not in bad(replace(TWO_SPARKS, engine_version="0.23.0", forked=True))
    assert "vllm-m2-qk-norm-across-nodes" not in bad(replace(TWO_SPARKS, engine_version="0.23.0", nodes=1))


def test_drafts_and_prefix_caching_are_held_against_one_checkpoint() -> None:
    launch = replace(TWO_SPARKS, family="qwen3.6-35b-a3b", quant="fp8", nodes=1, tensor=1)
    together = (("speculative", "dflash"), ("prefix_caching", "default"))
    apart = (("speculative", "dflash"), ("prefix_caching", "off"))
    assert "vllm-qwen36-fp8-dflash-prefix-caching" in bad(replace(launch, settings=together))
    assert "vllm-qwen36-fp8-dflash-prefix-caching" not in bad(replace(launch, settings=apart))


def test_pipeline_over_ray_on_two_sparks_is_known_bad() -> None:
    assert "vllm-ray-pipeline-two-sparks" in bad(replace(TWO_SPARKS, tensor=1, pipeline=2))


def test_an_executor_without_ray_channels_may_pipeline() -> None:
    launch = replace(TWO_SPARKS, tensor=1, pipeline=2)
    assert bad(replace(launch, engine_version="0.19.1")) == {"vllm-ray-pipeline-two-sparks"}
    assert bad(replace(launch, engine_version="0.21.0")) == set()


def test_a_declared_fork_is_not_the_stock_engine() -> None:
    launch = replace(TWO_SPARKS, family="deepseek-v4-flash", quant="fp8", engine_version="0.23.0")
    assert bad(launch) == {"vllm-deepseek-v4-gb10"}
    assert bad(replace(launch, forked=True)) == set()


def test_fp8_with_sglang_on_two_sparks_is_known_bad_for_certain() -> None:
    launch = replace(TWO_SPARKS, engine="sglang", engine_version="0.5.12", executor="mp", quant="fp8")
    found = {entry.id: entry.certain for entry in known_bad_for(launch)}
    assert found["sglang-m2-fp8-two-sparks"]


def test_an_engine_version_decides() -> None:
    launch = replace(TWO_SPARKS, engine="sglang", executor="mp", quant="fp8", family="qwen3.6-27b", nodes=1, tensor=1)
    assert bad(replace(launch, engine_version="0.5.10.post1")) == {"sglang-qwen36-27b-fp8-garbled"}
    assert bad(replace(launch, engine_version="0.5.11")) == set()


@pytest.mark.parametrize(
    ("engine", "version", "key", "value", "entry"),
    [
        ("sglang", "0.5.12", "moe_runner_backend", "cutlass", "sglang-moe-runner-gb10"),
        ("sglang", "0.5.12", "SGLANG_DISABLE_CUDA_GRAPH", "1", "sglang-disable-graph-variable"),
        ("vllm", "0.18.1", "load_format", "fastsafetensors", "vllm-m27-nvfp4-fastsafetensors"),
    ],
)
def test_a_switch_can_be_what_is_bad(engine: str, version: str, key: str, value: str, entry: str) -> None:
    launch = replace(TWO_SPARKS, engine=engine, engine_version=version)
    assert entry not in bad(launch)
    assert entry in bad(replace(launch, settings=((key, value),)))


def test_troubles_fit_the_launch() -> None:
    mine = {trouble.id for trouble in troubles_for(TWO_SPARKS)}
    assert {"free-memory-on-device", "node-out-of-memory", "three-unique-ip-addresses", "fp4-warning"} <= mine
    assert "memory-capacity-unbalanced" not in mine


def test_a_single_node_meets_no_trouble_of_several() -> None:
    alone = {trouble.id for trouble in troubles_for(replace(TWO_SPARKS, nodes=1, tensor=1, executor="mp"))}
    assert not alone & {"ray-worker-does-not-join", "spin-lock", "ray-channel-timeout", "ray-command-not-found"}


def test_what_looks_bad_and_is_not_is_known() -> None:
    assert {trouble.id for trouble in troubles_for(TWO_SPARKS) if trouble.harmless} == {
        "custom-all-reduce-off",
        "fp4-warning",
        "head-at-96-percent",
        "memory-not-shown",
        "reasoning-field-empty",
    }


def test_published_figures_stand_beside_the_same_launch_only() -> None:
    same = figures_for("minimax-m2", "mxfp4", "dgx-spark", 2, "vllm")
    assert "12.4 ± 0.2 tok/s" in {figure.value for figure in same}
    assert figures_for("minimax-m2", "mxfp4", "dgx-spark", 3, "vllm") == ()
    assert figures_for(None, "mxfp4", "dgx-spark", 2, "vllm") == ()


@pytest.mark.parametrize(
    ("version", "versions", "surely", "possibly"),
    [
        ("0.18.1rc1", "<0.19", True, True),
        ("0.18.1rc1", ">=0.18.1", False, False),
        ("0.11.2.dev279+chthonic", ">=0.11", True, True),
        ("unknown", "<0.19", False, True),
        (None, "<0.19", False, True),
        (None, "", True, True),
    ],
)
def test_versions_of_builds_and_forks_compare(version: str | None, versions: str, surely: bool, possibly: bool) -> None:
    assert is_within(version, versions) is surely
    assert may_be_within(version, versions) is possibly


def test_every_machine_names_a_library_that_carries_its_tensors() -> None:
    for name in hardware_names():
        hardware = find_hardware(name)
        assert hardware is not None
        assert hardware.collectives in collectives_names()
        assert find_collectives(hardware.collectives).interface


@pytest.mark.parametrize(
    ("reference", "architecture"),
    [
        ("quay.io/ascend/vllm-ascend:v0.21.0rc1", "ascend-a2"),
        ("m.daocloud.io/quay.io/ascend/vllm-ascend:v0.21.0rc1-a3", "ascend-a3"),
        ("quay.io/ascend/vllm-ascend:v0.21.0rc1-a3-openeuler", "ascend-a3"),
        ("quay.io/ascend/vllm-ascend:v0.21.0rc1-openeuler", "ascend-a2"),
        pytest.param("quay.io/ascend/vllm-ascend", None, id="no tag, no answer"),
        pytest.param("quay.io/ascend/vllm-ascend@sha256:" + "0" * 64, None, id="a digest tells nothing"),
    ],
)
def test_the_tag_of_an_ascend_image_tells_for_which_machine_it_is(reference: str, architecture: str | None) -> None:
    image = find_image(reference)
    assert image is not None
    assert image.made_for(reference) == architecture


def test_the_class_that_a_model_names_is_one_that_vllm_registers() -> None:
    registered = {
        name
        for version in available("vllm")
        if (match := find_engine("vllm", version)) is not None
        for name in match.catalog.registered(Group.MODELS)
    }
    models = [model for family in model_families() if (model := find_family(family)) is not None]
    named = {checkpoint.model_class for model in models for checkpoint in model.checkpoints} - {None}
    assert len(named) > 10
    assert named <= registered


def test_a_checkpoint_may_name_another_class_than_its_family() -> None:
    found = find_model("moonshotai/Kimi-K2.5")
    assert found is not None
    model, checkpoint = found
    assert checkpoint is not None
    assert (model.model_class, checkpoint.model_class) == ("DeepseekV3ForCausalLM", "KimiK25ForConditionalGeneration")
