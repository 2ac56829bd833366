"""Gotchas of DGX Sparks: their second forms, their quiet neighbours, and what is proposed against them."""

from __future__ import annotations

from pathlib import Path

import pytest
from examples import compiled, rules_in

RING = """
engine: {{executor: mp, ray: null{engine}}}
interconnect: {{topology: ring}}
parallelism: {{tensor: 4}}
nodes:
  hosts:
    - {{name: spark-1, address: 10.0.0.1}}
    - {{name: spark-2, address: 10.0.0.2}}
    - {{name: spark-3, address: 10.0.0.3}}
    - {{name: spark-4, address: 10.0.0.4}}
"""
STAGES = "parallelism: {tensor: 1, pipeline: 2}\n"
DRAFTS = "serving: {{speculative: {{method: {}, num_speculative_tokens: 3{}}}}}"


def ring(engine: str = "", env: str = "") -> str:
    return RING.format(engine=engine) + env


def drafting(method: str, engine: str, model: str = "") -> str:
    named = ", model: {id: someone/a-draft, size: 2 GB}" if method.startswith("eagle") else ""
    return f"engine: {{version: {engine}}}\n{model}{STAGES}{DRAFTS.format(method, named)}"


def variables(folder: Path, fragment: str, base: str = "pair") -> dict[str, object]:
    plan = compiled(folder, fragment, base).plan
    assert plan is not None
    container = plan.head.containers[0]
    own = (setting for process in container.processes for setting in process.environment)
    return {setting.key: setting.value for setting in (*container.environment, *own)}


SECOND_FORMS = (
    pytest.param("ring-without-subnet-routing", ring(", nccl: 2.29.7"), id="an NCCL without it"),
    pytest.param("draft-model-over-stages", drafting("eagle3", "0.23.0"), id="EAGLE3"),
    pytest.param("architecture-of-another-chip", "env: {CUTE_DSL_ARCH: sm_90a}", id="as CUTLASS says it"),
    pytest.param("architecture-of-another-chip", "env: {TORCH_CUDA_ARCH_LIST: '8.9;9.0+PTX'}", id="a list"),
    pytest.param(
        "all-reduce-fusion-across-nodes",
        "args: {compilation-config: {mode: 3, pass_config: {fuse_allreduce_rms: true}}}",
        id="beside other keys",
    ),
    pytest.param(
        "mount-inside-mount", "container: {mounts: [{host: /srv/vllm, to: /cache/vllm/torch}]}", id="in our cache"
    ),
)

NEIGHBOURS = (
    pytest.param(
        "ring-without-subnet-routing",
        ring(", nccl: 2.29.7", "env: {NCCL_NET_PLUGIN: mesh, NCCL_IB_SUBNET_AWARE_ROUTING: '0'}"),
        id="a plug-in",
    ),
    pytest.param("ring-without-subnet-routing", ring(", nccl: 2.30.4"), id="an NCCL with it"),
    pytest.param(
        "ring-without-ring-algorithm", ring(env="env: {NCCL_ALGO: 'allreduce:ring'}"), id="for one collective"
    ),
    pytest.param("runtime-connect-without-cumem", "env: {NCCL_RUNTIME_CONNECT: '1'}", id="NCCL's own cuMem"),
    pytest.param("nccl-loses-slots-on-arm", "engine: {nccl: 2.29.3}", id="the repaired one"),
    pytest.param("nccl-loses-slots-on-arm", "engine: {nccl: null}", id="nobody knows"),
    pytest.param("second-cable-gains-nothing", "interconnect: {hca: [mlx5_0, mlx5_1]}", id="devices nobody knows"),
    pytest.param(
        "draft-model-over-stages",
        drafting("mtp", "0.23.0", "model: {id: zai-org/GLM-4.7-Flash, size: 60 GB}\nquant: bf16\n"),
        id="a class that can be cut",
    ),
    pytest.param("draft-model-over-stages", drafting("eagle3", "0.30.0"), id="kept on the last stage"),
    pytest.param("draft-model-over-stages", drafting("ngram", "0.23.0"), id="no model"),
    pytest.param("architecture-of-another-chip", "env: {TORCH_CUDA_ARCH_LIST: '9.0a 12.0f'}", id="this chip too"),
    pytest.param("architecture-of-another-chip", "env: {TORCH_CUDA_ARCH_LIST: Blackwell}", id="a name"),
    pytest.param("mount-inside-mount", "container: {mounts: [{host: /srv/a, to: /x}, {host: /srv/a/b, to: /x/b}]}"),
    pytest.param("mount-inside-mount", "container: {mounts: [{host: /srv/a, to: /x}, {host: /srv/b, to: /xy}]}"),
    pytest.param(
        "graphs-end-below-full-batch",
        "serving: {cuda_graphs: off, max_num_seqs: 64}\nargs: {max-cudagraph-capture-size: 16}",
        id="no graphs",
    ),
    pytest.param(
        "cache-type-without-backend",
        "engine: {version: 0.23.0}\nserving: {kv_cache_dtype: nvfp4}",
        id="keys and values",
    ),
    pytest.param(
        "block-size-refused-by-b12x", "engine: {version: 0.30.0}\nargs: {block-size: 256}", id="another backend"
    ),
    pytest.param(
        "block-size-refused-by-b12x",
        "engine: {version: 0.30.0, fork: {}}\nargs: {attention-backend: B12X, block-size: 256}",
        id="a fork",
    ),
)


@pytest.mark.parametrize(("rule", "fragment"), SECOND_FORMS)
def test_trouble_is_found_in_its_second_form(rule: str, fragment: str, tmp_path: Path) -> None:
    assert rule in rules_in(compiled(tmp_path, fragment))


@pytest.mark.parametrize(("rule", "fragment"), NEIGHBOURS)
def test_neighbour_of_a_trouble_is_quiet(rule: str, fragment: str, tmp_path: Path) -> None:
    assert rule not in rules_in(compiled(tmp_path, fragment))


def test_a_ring_is_told_how_to_find_its_cables(tmp_path: Path) -> None:
    wanted = {
        "NCCL_ALGO": "Ring",
        "NCCL_IB_MERGE_NICS": "0",
        "NCCL_IB_SUBNET_AWARE_ROUTING": "1",
        "NCCL_NET_PLUGIN": "none",
    }
    assert wanted.items() <= variables(tmp_path, ring()).items()


def test_a_ring_with_a_plug_in_of_its_own_keeps_it(tmp_path: Path) -> None:
    said = variables(tmp_path, ring(env="env: {NCCL_NET_PLUGIN: mesh}"))
    assert said["NCCL_NET_PLUGIN"] == "mesh"
    assert not {"NCCL_IB_MERGE_NICS", "NCCL_IB_SUBNET_AWARE_ROUTING"} & set(said)


def test_a_pair_without_a_ring_keeps_the_choice_of_nccl(tmp_path: Path) -> None:
    assert not {"NCCL_ALGO", "NCCL_NET_PLUGIN"} & set(variables(tmp_path, "restart: on-failure"))


@pytest.mark.parametrize(
    ("fragment", "base", "limit"),
    [
        pytest.param("engine: {executor: mp, ray: null}", "pair", "1800", id="vLLM's own ranks"),
        pytest.param("engine: {version: 0.23.0}", "pair", "1800", id="Ray, with the executor that counts"),
        pytest.param("engine: {version: 0.18.1}", "pair", None, id="Ray, with the one that does not"),
        pytest.param("restart: on-failure", "single", None, id="one node"),
    ],
)
def test_a_step_gets_the_time_of_a_compile_where_it_is_counted(
    fragment: str, base: str, limit: str | None, tmp_path: Path
) -> None:
    assert variables(tmp_path, fragment, base).get("VLLM_EXECUTE_MODEL_TIMEOUT_SECONDS") == limit


@pytest.mark.parametrize(
    ("version", "limit"), [("0.30.0", "3600"), ("0.13.0", None)], ids=["knows the variable", "does not know it"]
)
def test_a_first_start_gets_its_time_where_the_version_has_a_limit(
    version: str, limit: str | None, tmp_path: Path
) -> None:
    said = variables(tmp_path, f"engine: {{version: {version}}}", "single")
    assert said.get("VLLM_ENGINE_READY_TIMEOUT_S") == limit
