"""The balancer of experts needs equal shares."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.engine_config import is_on, place, structure
from sparkc.rules.rule import Complaint, Evidence, Rule

FLAG = "--enable-eplb"


def _check(plan: Plan, facts: Facts) -> Iterator[Complaint]:
    experts = facts.shape.experts if facts.shape else 0
    more = structure(plan, "--eplb-config").get("num_redundant_experts", 0)
    if is_on(plan, FLAG) and facts.expert > 1 and isinstance(more, int) and (experts + more) % facts.expert:
        yield Complaint(
            place(plan, facts, FLAG),
            f"{experts} experts and {more} copies over {facts.expert} ranks; wanted a multiple of {facts.expert}",
        )


RULE = Rule(
    name="expert-balancing-splits-unevenly",
    severity=Severity.ERROR,
    failure=Failure.CRASH,
    summary="experts and their copies do not divide by the ranks",
    why="Without the balancer vLLM gives some ranks one expert more. With it every rank must hold as many as the "
    "others, and the engine ends while it loads: `EPLB currently only supports even distribution of experts "
    "across ranks`.",
    help="set num_redundant_experts in args.eplb-config so that the sum divides",
    evidence=(
        Evidence(
            "vllm-project/vllm vllm/model_executor/layers/fused_moe/layer.py",
            "0.18.1: asserts that the experts divide by the ranks when EPLB is on",
        ),
    ),
    bad="""
parallelism: {expert: 2}
args: {enable-eplb: true, eplb-config: {num_redundant_experts: 1}}
""",
    good="""
parallelism: {expert: 2}
args: {enable-eplb: true, eplb-config: {num_redundant_experts: 2}}
""",
    # SGLang pads with copies of its own (--ep-num-redundant-experts).
    applies=lambda facts: facts.shape is not None and facts.shape.experts > 0 and facts.engine.name != "sglang",
    check=_check,
    allowable=False,
)
