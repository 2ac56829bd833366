"""Settings of the host are to be made, and nobody there may make them."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import Failure, KeyPath, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.resolve.steps import tunings
from sparkc.rules.rule import Complaint, Evidence, Rule

ABLE = ("root", "passwordless")


def _check(plan: Plan, facts: Facts) -> Iterator[Complaint]:
    names = ", ".join(tuning.name for tuning in tunings(facts))
    unable: dict[KeyPath, list[str]] = {}
    for node, host in zip(plan.nodes, facts.hosts, strict=True):
        if names and node.sudo not in ABLE:
            own: KeyPath = ("nodes", "hosts", host.index, "login", "sudo")
            key: KeyPath = own if facts.says(*own) else ("nodes", "login", "sudo")
            unable.setdefault(key, []).append(f"{node.user}@{node.name} (sudo: {node.sudo})")
    for key, logins in unable.items():
        yield Complaint(key, f"found {', '.join(logins)}, wanted root or passwordless sudo for the steps {names}")


RULE = Rule(
    name="host-tuning-without-root",
    severity=Severity.WARNING,
    failure=Failure.SLOW,
    summary="settings of the host need root, and the login user is not allowed",
    why="The documentation of vLLM-Ascend sets the CPU governor and three kernel settings on the host. They need root, "
    "a container cannot make them, and a reboot undoes them: sparkc makes them at every `up`, which ends when it "
    "may not.",
    help="log in as root, let the user run these commands without a password and state login.sudo: passwordless, or "
    "set nodes.tuning: false and make them by hand",
    evidence=(
        Evidence(
            "https://docs.vllm.ai/projects/ascend/en/latest/developer_guide/performance_and_debug/"
            "optimization_and_tuning.html",
            "5, OS Optimization: on the host and with root privileges, not inside containers; 5.2 vm.swappiness=0",
        ),
        Evidence(
            "NNNtrance/GLM-5.3-Flash-NVFP4-TP3-3x-DGX-Spark docs/08, item 31",
            "vm.swappiness=0 locked three Sparks; so only machines with memory of their own for the accelerators are "
            "tuned (tonyd2wild sets it on Sparks, too)",
            disagrees=True,
        ),
    ),
    bad="""
engine:
  name: vllm-ascend
  version: 0.21.0rc1
  executor: mp
  ray: null
  image: {ref: "quay.io/ascend/vllm-ascend:v0.21.0rc1", id: null}
quant: w8a8
nodes: {hardware: atlas-800i-a2, login: {sudo: password}}
""",
    good="""
engine:
  name: vllm-ascend
  version: 0.21.0rc1
  executor: mp
  ray: null
  image: {ref: "quay.io/ascend/vllm-ascend:v0.21.0rc1", id: null}
quant: w8a8
nodes: {hardware: atlas-800i-a2, login: {sudo: password}, tuning: false}
""",
    applies=lambda facts: facts.hardware is not None and bool(facts.hardware.tuning),
    check=_check,
)
