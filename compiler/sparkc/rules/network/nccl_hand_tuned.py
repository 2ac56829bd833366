"""NCCL's algorithm or protocol chosen by hand on two nodes."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.author_variables import variable_texts
from sparkc.rules.rule import Complaint, Evidence, Rule


def _has_two_nodes(facts: Facts) -> bool:
    # Larger rings do need NCCL_ALGO=Ring (eugr/spark-vllm-docker docs/NETWORKING.md).
    return len(facts.hosts) == 2


def _check(_: Plan, facts: Facts) -> Iterator[Complaint]:
    for name in ("NCCL_ALGO", "NCCL_PROTO"):
        for word in variable_texts(facts, name):
            yield Complaint(word.key, f"{name} is {word.text} on two nodes; wanted NCCL's own choice")


RULE = Rule(
    name="nccl-hand-tuned",
    severity=Severity.WARNING,
    failure=Failure.SLOW,
    summary="NCCL_ALGO or NCCL_PROTO is set on two nodes",
    why="NCCL chooses per message size. Ring with Simple, set by hand on two DGX Sparks, gave 12.8 to 14.3 "
    "tokens per second, less than its own choice.",
    help="remove the variable, or measure both and allow this rule with the figures",
    evidence=(
        Evidence(
            "Avarok-Cybersecurity/dgx-vllm guide to MiniMax-M2.5-NVFP4, Optimization History",
            "Ring and Simple: 12.8 to 14.3 tokens per second, worse than automatic",
        ),
        Evidence(
            "timothystewart6/vllm-gb10 examples/two-node-cluster/docker-compose.head.yaml",
            "runs MiniMax M2.7 AWQ on two Sparks with NCCL_ALGO=Ring",
            disagrees=True,
        ),
    ),
    bad="env: {NCCL_ALGO: Ring}",
    good="env: {NCCL_ALGO: null}",
    applies=_has_two_nodes,
    check=_check,
)
