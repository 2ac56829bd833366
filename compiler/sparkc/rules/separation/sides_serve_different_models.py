"""Prefill and decode serve different models."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.rule import Complaint, Evidence, Rule
from sparkc.rules.separation.sides import beside, is_apart, is_to_blame, other_side


def _check(_: Plan, facts: Facts) -> Iterator[Complaint]:
    other = other_side(facts)
    named = (
        ("id", facts.model.id, other.model.id),
        ("revision", facts.model.revision, other.model.revision),
    )
    for key, own, others in named:
        if own != others and is_to_blame(facts, "model", key):
            yield Complaint(
                ("model", key),
                f"model.{key} is {own or 'not set'}, and {others or 'not set'} on the {other.side} side; wanted one",
                also=beside(facts, "model", key),
            )


RULE = Rule(
    name="sides-serve-different-models",
    severity=Severity.ERROR,
    failure=Failure.SILENT,
    summary="prefill and decode serve different models, or different revisions of one",
    why="The decode side goes on from keys and values that the prefill side computed. They are copied from memory to "
    "memory, layer by layer, and nothing compares what made them: with other weights the answers are wrong, and no "
    "line of a log says so.",
    help="name the model once, at the top of the spec; only its path may differ between the sides",
    evidence=(
        Evidence(
            "vllm-project/vllm-ascend vllm_ascend/distributed/kv_transfer/kv_p2p/mooncake_connector.py",
            "0.21.0rc1: the sides exchange addresses, block sizes and engine ids, and no name of a model",
        ),
        Evidence(
            "https://docs.vllm.ai/projects/ascend/en/v0.23.0/tutorials/models/MiniMax-M2.html",
            "5.2: both sides load the same checkpoint",
        ),
    ),
    bad="roles: {decode: {model: {revision: 0f1e2d3c4b5a69788796a5b4c3d2e1f001122334}}}",
    good="roles: {decode: {model: {revision: 5d1c0f3a9b7e4c2d8f60a1b3c5d7e9f102132435}}}",
    base="separated",
    applies=is_apart,
    check=_check,
)
