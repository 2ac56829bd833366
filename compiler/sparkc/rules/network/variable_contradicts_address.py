"""VLLM_HOST_IP says another address than the one that peers dial."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.author_variables import Word, variables_by_host
from sparkc.rules.rule import Complaint, Evidence, Rule

VARIABLES = ("VLLM_HOST_IP", "SGLANG_HOST_IP", "HCCL_IF_IP")


def _is_distributed(facts: Facts) -> bool:
    return facts.talks_to_peers


def _check(_: Plan, facts: Facts) -> Iterator[Complaint]:
    for word in variables_by_host(facts):
        if word.name in VARIABLES and word.text is not None and word.text != word.host.address:
            yield Complaint(
                word.key,
                _message(word),
                also=((("nodes", "hosts", word.host.index, "address"), "the address of the host"),),
            )


def _message(word: Word) -> str:
    return f"{word.name} is {word.text} on {word.host.name}, whose address is {word.host.address}; wanted the same"


RULE = Rule(
    name="variable-contradicts-address",
    severity=Severity.ERROR,
    failure=Failure.CRASH,
    summary="a variable gives a host another address than the spec does",
    why="sparkc sets VLLM_HOST_IP on each node to that node's own address, before `ray start`. One value for all "
    "nodes makes vLLM see fewer addresses than nodes, a foreign one makes it see more: `3 unique IP addresses` "
    "for two nodes.",
    help="remove the variable: each node gets its own address from nodes.hosts",
    evidence=(
        Evidence(
            "Avarok-Cybersecurity/dgx-vllm guide to MiniMax-M2.5-NVFP4, Troubleshooting",
            "3 unique IP addresses for two nodes: VLLM_HOST_IP must be each node's own, before ray start",
        ),
        Evidence("vllm-project/vllm pull request 43095", "the number of unique addresses must be that of the nodes"),
        Evidence(
            "vllm-project/vllm vllm/v1/executor/ray_executor.py",
            "0.18.1: compares the number of nodes and of addresses",
        ),
    ),
    bad="env: {VLLM_HOST_IP: 10.0.0.1}",
    good="env: {VLLM_HOST_IP: null}",
    applies=_is_distributed,
    check=_check,
)
