"""Prefill and decode are cut into numbers of ranks between which caches cannot be handed over."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.engine_config import place, structure
from sparkc.rules.rule import Complaint, Evidence, Rule
from sparkc.rules.separation.sides import beside, is_apart, is_to_blame

FLAG = "--kv-transfer-config"
LATENT = "mla"
TENSOR = ("parallelism", "tensor")


def _check(plan: Plan, facts: Facts) -> Iterator[Complaint]:
    extra = structure(plan, FLAG).get("kv_connector_extra_config")
    prefill, decode = _ranks(extra, "prefill"), _ranks(extra, "decode")
    is_latent = facts.shape is not None and facts.shape.attention == LATENT
    if prefill % decode == 0 or (is_latent and prefill > decode):
        return
    if not is_apart(facts):
        found = f"prefill.tp_size is {prefill}, wanted a multiple of decode.tp_size, which is {decode}"
        yield Complaint(place(plan, facts, FLAG), found)
    elif is_to_blame(facts, *TENSOR):
        found = f"tensor is {prefill} on the prefill side and {decode} on the decode side"
        yield Complaint(TENSOR, f"{found}; wanted a multiple of decode's for prefill", also=beside(facts, *TENSOR))


def _ranks(extra: Any, side: str) -> int:  # Any: JSON
    """Return the tensor parallel size of one side; vLLM-Ascend takes 1 for one that is not stated."""
    part = extra.get(side) if isinstance(extra, dict) else None
    size = part.get("tp_size") if isinstance(part, dict) else None
    return size if isinstance(size, int) and size > 0 else 1


RULE = Rule(
    name="prefill-ranks-no-multiple-of-decode",
    severity=Severity.ERROR,
    failure=Failure.CRASH,
    summary="fewer prefill ranks than decode ranks, or no multiple of them",
    why="Each decode rank pulls its heads from whole prefill ranks. vLLM-Ascend ends while it builds its "
    "configuration: `Prefill TP size must be divisible by Decode TP size`.",
    help="give prefill as many tensor parallel ranks as decode, or a multiple; both sides must state the same numbers",
    evidence=(
        Evidence(
            "vllm-project/vllm-ascend vllm_ascend/ascend_config.py",
            "0.21.0rc1, 0.23.0 to 0.26.0rc1: the assertion, for models without latent attention",
        ),
        Evidence(
            "vllm-project/vllm-ascend vllm_ascend/distributed/kv_transfer/kv_p2p/mooncake_connector.py",
            "0.21.0rc1: fewer prefill than decode ranks are refused of models with latent attention, too",
        ),
    ),
    bad="""
parallelism: {tensor: 2}
args:
  kv-transfer-config:
    kv_connector: MooncakeConnectorV1
    kv_role: kv_producer
    kv_connector_extra_config: {prefill: {dp_size: 1, tp_size: 2}, decode: {dp_size: 1, tp_size: 4}}
""",
    good="""
parallelism: {tensor: 2}
args:
  kv-transfer-config:
    kv_connector: MooncakeConnectorV1
    kv_role: kv_producer
    kv_connector_extra_config: {prefill: {dp_size: 1, tp_size: 2}, decode: {dp_size: 2, tp_size: 2}}
""",
    base="atlas",
    applies=lambda facts: facts.engine.name == "vllm-ascend",
    check=_check,
    allowable=False,
)
