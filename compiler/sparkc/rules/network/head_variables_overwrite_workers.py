"""A variable that differs per node, and that vLLM copies from the head over the workers' own."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import Failure, KeyPath, Severity
from sparkc.plan import Node, Plan
from sparkc.resolve.facts import Facts, HostFacts
from sparkc.rules.rule import Complaint, Evidence, Rule

KEYS: dict[str, tuple[str, ...]] = {
    "NCCL_SOCKET_IFNAME": ("interconnect", "interface"),
    "GLOO_SOCKET_IFNAME": ("interconnect", "interface"),
    "TP_SOCKET_IFNAME": ("interconnect", "interface"),
    "NCCL_IB_HCA": ("interconnect", "hca"),
    "NCCL_IB_GID_INDEX": ("interconnect", "gid_index"),
}
"""The key of the spec that sparkc makes a variable from, where the author does not set the variable himself."""


def _spreads_over_ray(facts: Facts) -> bool:
    return facts.is_distributed and facts.uses_ray and facts.engine_names is not None


def _check(plan: Plan, facts: Facts) -> Iterator[Complaint]:
    head = _environment(plan.head)
    for host, node in zip(facts.hosts[1:], plan.nodes[1:], strict=True):
        overwritten: dict[KeyPath, list[str]] = {}
        own = _environment(node)
        for name, value in own.items():
            if name in head and head[name] != value and _is_copied(facts, name):
                overwritten.setdefault(_place(facts, host, name), []).append(name)
        for key, names in overwritten.items():
            first = names[0]
            yield Complaint(
                key,
                f"{host.name} has {first}={own[first]}, but vLLM {facts.engine.version} copies the head's "
                f"{', '.join(names)} ({first}={head[first]}) to its Ray workers; wanted one value that fits all nodes",
                also=((_place(facts, facts.head, first), "the head's value, which wins"),),
            )


def _environment(node: Node) -> dict[str, str]:
    settings = node.containers[0].environment
    return {setting.key: setting.value for setting in settings if isinstance(setting.value, str)}


def _is_copied(facts: Facts, name: str) -> bool:
    return facts.engine_names is not None and facts.engine_names.reaches_ray_workers(name)


def _place(facts: Facts, host: HostFacts, name: str) -> KeyPath:
    said = facts.place(host, "env", name)
    return said if facts.says(*said) else facts.place(host, *KEYS.get(name, ("env", name)))


RULE = Rule(
    name="head-variables-overwrite-workers",
    severity=Severity.ERROR,
    failure=Failure.HANG,
    summary="a variable that differs per node is overwritten with the head's value",
    why="vLLM's driver hands variables to its Ray workers and overwrites what they have: names that start with "
    "NCCL_, VLLM_, UCX_ and a few more up to 0.19, from 0.21.0 (Ray executor v2) the driver's whole environment. "
    "A worker then looks for the head's port, which it does not have, and NCCL or Gloo hang.",
    help="give the ports one name on all nodes, list both names (NCCL matches what exists), or use engine.executor: mp",
    evidence=(
        Evidence(
            "vllm-project/vllm vllm/ray/ray_env.py",
            "0.18.1: copies registered names and the prefixes VLLM_, NCCL_, UCX_, LMCACHE_, HF_, HUGGING_FACE_",
        ),
        Evidence(
            "vllm-project/vllm vllm/v1/executor/ray_executor_v2.py",
            "0.21.0: on by default: copies the driver's whole environment except worker-specific names",
        ),
        Evidence("spark-arena/sparkrun issue 135", "workers got the head's port names; seen with different port names"),
    ),
    bad="""
nodes:
  hosts:
    - {name: spark-1, ssh: 192.168.1.11, address: 10.0.0.1}
    - name: spark-2
      ssh: 192.168.1.12
      address: 10.0.0.2
      interconnect: {interface: enp1s0f1np1}
""",
    good="interconnect: {interface: enp1s0f0np0}",
    applies=_spreads_over_ray,
    check=_check,
)
