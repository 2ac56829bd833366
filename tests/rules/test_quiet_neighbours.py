"""Launches that lie close to a trouble and must stay quiet, and troubles that only show at a second look."""

from __future__ import annotations

from pathlib import Path

import pytest
from examples import compiled, rules_in

THREE_HOSTS = """
nodes:
  hosts:
    - {name: spark-1, address: 10.0.0.1}
    - {name: spark-2, address: 10.0.0.2}
    - {name: spark-3, address: 10.0.0.3}
"""

HOST_WITH_OTHER_PORT = """
nodes:
  hosts:
    - {name: spark-1, address: 10.0.0.1}
    - name: spark-2
      address: 10.0.0.2
      interconnect: {interface: enp1s0f1np1}
"""

OTHER_ADDRESS_PER_HOST = """
nodes:
  hosts:
    - {name: spark-1, address: 10.0.0.1, env: {VLLM_HOST_IP: 10.0.0.1}}
    - {name: spark-2, address: 10.0.0.2, env: {VLLM_HOST_IP: 10.0.0.2}}
"""

GID_PER_HOST = """
nodes:
  hosts:
    - {name: spark-1, address: 10.0.0.1, interconnect: {gid_index: 3}}
    - {name: spark-2, address: 10.0.0.2, interconnect: {gid_index: 5}}
"""

VIRTUAL_SHARDING = (
    """
engine: {fork: {provides: [virtual-sharding]}}
parallelism: {tensor: 3}
"""
    + THREE_HOSTS
)

NEIGHBOURS = (
    pytest.param("data-path-over-management-port", "interconnect: {interface: enP7s7}", id="bootstrap beside RoCE"),
    pytest.param("data-path-over-management-port", "interconnect: {kind: tcp, hca: null}", id="sockets on a fast port"),
    pytest.param(
        "sockets-instead-of-rdma", "interconnect: {kind: tcp, interface: enP7s7, hca: null}", id="said better"
    ),
    pytest.param(
        "rdma-disabled", "interconnect: {kind: tcp, hca: null}\nenv: {NCCL_IB_DISABLE: '1'}", id="no RDMA asked"
    ),
    pytest.param(
        "interface-unnamed",
        "interconnect: {interface: null}\nenv: {NCCL_SOCKET_IFNAME: bond0, GLOO_SOCKET_IFNAME: bond0}",
        id="named in env",
    ),
    pytest.param(
        "rdma-devices-unnamed", "interconnect: {hca: null}\nenv: {NCCL_IB_HCA: rocep1s0f0}", id="named in env"
    ),
    pytest.param("one-rdma-twin-only", "interconnect: {hca: null}\nenv: {NCCL_IB_HCA: roce}", id="a prefix names both"),
    pytest.param("one-rdma-twin-only", "interconnect: {hca: [mlx5_0]}", id="a device without a known twin"),
    pytest.param("gpu-direct-on", "env: {NCCL_NET_GDR_LEVEL: '0'}", id="said by the author himself"),
    pytest.param("gid-index-same-on-all-nodes", "env: {NCCL_IB_GID_INDEX: '-1'}", id="NCCL's own choice"),
    pytest.param("gid-index-same-on-all-nodes", GID_PER_HOST, id="measured per host"),
    pytest.param("head-variables-overwrite-workers", "engine: {executor: mp}\n" + HOST_WITH_OTHER_PORT, id="no Ray"),
    pytest.param("variable-contradicts-address", OTHER_ADDRESS_PER_HOST, id="each its own"),
    pytest.param("variable-overrides-interconnect", "env: {NCCL_SOCKET_IFNAME: '=enp1s0f0np0'}", id="exact match form"),
    pytest.param("nccl-hand-tuned", "env: {NCCL_ALGO: Ring}\nparallelism: {tensor: 3}" + THREE_HOSTS, id="a ring"),
    pytest.param("tensor-parallel-splits-kv-heads-unevenly", VIRTUAL_SHARDING, id="a fork pads"),
    pytest.param(
        "tensor-parallel-splits-kv-heads-unevenly", "model: {shape: {kv_heads: 1}}", id="one head for all ranks"
    ),
    pytest.param(
        "tensor-parallel-splits-expert-width-unevenly",
        "model: {shape: {expert_intermediate_size: 1537}}\nparallelism: {expert: 2}",
        id="whole experts",
    ),
    pytest.param("context-beyond-model", "serving: {max_model_len: 204800}", id="exactly the checkpoint's limit"),
    pytest.param(
        "context-beyond-model",
        "serving: {max_model_len: 400000}\nargs: {hf-overrides: {rope_scaling: {factor: 4.0}}}",
        id="stretched",
    ),
    pytest.param(
        "tool-parser-unknown", "serving: {tool_call_parser: mine}\nargs: {tool-parser-plugin: /x.py}", id="plug-in"
    ),
    pytest.param("tool-parser-unknown", "engine: {fork: {}}\nserving: {tool_call_parser: mine}", id="a fork's own"),
    pytest.param("parser-of-another-model", "serving: {reasoning_parser: minimax_m2}", id="the model's second parser"),
    pytest.param("endpoint-open-to-the-world", "serving: {host: 0.0.0.0}", id="with a key"),
    pytest.param("endpoint-open-to-the-world", "serving: {host: 192.168.1.11, api_key: null}", id="one address"),
    pytest.param("port-among-ray-workers", "serving: {port: 20000}", id="right above the range"),
    pytest.param(
        "port-among-ray-workers",
        "serving: {port: 10010}\nengine: {ray: {args: {min-worker-port: 20000, max-worker-port: 21000}}}",
        id="another range",
    ),
    pytest.param("revision-not-pinned", "model: {revision: 4c1e0f2a}", id="a short commit"),
    pytest.param(
        "quant-differs-from-checkpoint", "model: {id: cyankiwi/MiniMax-M2.7-AWQ-4bit}\nquant: awq", id="family"
    ),
    pytest.param("variable-unknown", "engine: {version: unknown}\nenv: {VLLM_NEW_THING: '1'}", id="nobody can know"),
    pytest.param("variable-unknown", "env: {VLLM_NEW_THING: null}", id="removed"),
    pytest.param("literal-secret", "env: {HF_TOKEN_PATH: /run/secrets/token}", id="a path"),
    pytest.param("literal-secret", "env: {TOKENIZERS_PARALLELISM: 'false'}", id="a word like it"),
    pytest.param("literal-secret", "args: {api-key: null}", id="removed"),
    pytest.param("variable-nobody-reads", "env: {SAFETENSORS_FAST_GPU: null}", id="removed"),
    pytest.param("set-twice", "args: {max-model-len: null}", id="removed"),
    pytest.param("flag-unknown", "args: {block_size: 64}", id="underscores are dashes to vLLM"),
    pytest.param("flag-unknown", "engine: {fork: {}}\nargs: {a-flag-of-the-fork: 1}", id="a fork's own"),
    pytest.param("flag-value-refused", "args: {max-num-partial-prefills: 1}", id="a number where one is wanted"),
    pytest.param("config-key-unknown", "args: {compilation-config: {cudagraph_mode: none}}", id="case does not matter"),
    pytest.param("name-not-registered", "args: {attention-backend: flashinfer}", id="case does not matter"),
    pytest.param(
        "engine-version-without-catalog", "engine: {version: 0.18.1rc1}", id="a pre-release of a known release"
    ),
)


@pytest.mark.parametrize(("rule", "fragment"), NEIGHBOURS)
def test_neighbour_of_a_trouble_is_quiet(rule: str, fragment: str, tmp_path: Path) -> None:
    assert rule not in rules_in(compiled(tmp_path, fragment))


HIDDEN = (
    pytest.param("data-path-over-management-port", "interconnect: {interface: enP7s7}\nenv: {NCCL_IB_DISABLE: '1'}"),
    pytest.param("one-rdma-twin-only", "env: {NCCL_IB_HCA: '=rocep1s0f0:1'}", id="the variable wins over the key"),
    pytest.param("gid-index-same-on-all-nodes", "env: {NCCL_IB_GID_INDEX: 3}", id="said as a variable"),
    pytest.param(
        "head-variables-overwrite-workers",
        "engine: {version: 0.30.0}\n" + HOST_WITH_OTHER_PORT,
        id="the whole environment is copied",
    ),
    pytest.param(
        "address-peers-cannot-dial",
        "nodes: {hosts: [{name: a, address: 127.0.0.1}, {name: b, address: 10.0.0.2}]}",
        id="loopback",
    ),
    pytest.param("ranks-exceed-accelerators", "parallelism: {tensor: 5}", id="five ranks, two machines"),
    pytest.param("accelerators-left-idle", THREE_HOSTS, id="three machines, two ranks"),
    pytest.param(
        "tensor-parallel-splits-kv-heads-unevenly", "parallelism: {tensor: 3}" + THREE_HOSTS, id="M2 on three"
    ),
    pytest.param("context-beyond-model", "serving: {max_model_len: 204801}", id="one token too many"),
    pytest.param(
        "context-beyond-model",
        "serving: {max_model_len: 400000}\nenv: {VLLM_ALLOW_LONG_MAX_MODEL_LEN: '0'}",
        id="the override says no",
    ),
    pytest.param(
        "tool-parser-unknown", "serving: {tool_call_parser: null}\nargs: {tool-call-parser: nope}", id="in args"
    ),
    pytest.param(
        "ports-collide",
        "nodes: {hosts: [{name: a, address: 10.0.0.1, reserved: [{name: ui, ports: [8000]}]}, "
        "{name: b, address: 10.0.0.2}]}",
        id="another service has the API's port",
    ),
    pytest.param("ports-collide", "serving: {port: 6380}", id="Ray's node manager"),
    pytest.param("trust-remote-code", "args: {trust_remote_code: true}", id="in args, with underscores"),
    pytest.param("literal-secret", "args: {api_key: [first-key, second-key]}", id="a list"),
    pytest.param("literal-secret", "args: {hf-overrides: {x: sk-0123456789abcdef0123}}", id="deep in a map"),
    pytest.param("literal-secret", "engine: {ray: {args: {redis-password: hunter2}}}", id="Ray's password"),
    pytest.param("variable-reaches-no-process", "engine: {executor: mp}\nenv: {RAY_prestart_worker_first_driver: '0'}"),
    pytest.param("variable-unknown", "env: {OMP_NUM_THREAD: 8}", id="a slip of the pen"),
    pytest.param("flag-differs-per-node", "engine: {ray: {args: {node-ip-address: 10.0.0.1}}}", id="Ray's"),
    pytest.param("set-twice", "args: {max_model_len: 1024}", id="underscores"),
    pytest.param("config-key-unknown", "args: {compilation-config: {cudagraph_mode: SOMETIMES}}", id="a wrong word"),
    pytest.param("flag-value-refused", "args: {kv-cache-dtype: fp4}", id="a closed list"),
    pytest.param("flag-value-refused", "args: {max-model-len: -2}", id="below the bound"),
)


@pytest.mark.parametrize(("rule", "fragment"), HIDDEN)
def test_trouble_is_found_in_its_second_form(rule: str, fragment: str, tmp_path: Path) -> None:
    assert rule in rules_in(compiled(tmp_path, fragment))


def test_secret_is_never_repeated_in_a_message(tmp_path: Path) -> None:
    launch = compiled(tmp_path, "env: {HF_TOKEN: hf_abcdefghijklmnopqrstuvwxyz}\nargs: {api-key: my-own-key}")

    words = " ".join(f"{finding.message} {finding.help}" for finding in launch.findings)

    assert "literal-secret" in rules_in(launch)
    assert "abcdefgh" not in words
    assert "my-own-key" not in words


def test_trouble_of_all_hosts_is_told_once(tmp_path: Path) -> None:
    launch = compiled(tmp_path, "interconnect: {hca: [rocep1s0f0]}")

    assert [finding.rule for finding in launch.findings] == ["one-rdma-twin-only"]


def test_trouble_of_one_host_points_at_that_host(tmp_path: Path) -> None:
    launch = compiled(tmp_path, HOST_WITH_OTHER_PORT)

    keys = [finding.key for finding in launch.findings if finding.rule == "head-variables-overwrite-workers"]

    assert keys == [("nodes", "hosts", 1, "interconnect", "interface")]


def test_misspelt_flag_is_offered_its_right_name(tmp_path: Path) -> None:
    launch = compiled(tmp_path, "args: {max-num-seq: 4}")

    assert "did you mean `max-num-seqs`?" in [finding.help for finding in launch.findings]
