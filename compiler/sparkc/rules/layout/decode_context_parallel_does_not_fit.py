"""The context is to be spread over more ranks than share a head."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.engine_config import number, place
from sparkc.rules.rule import Complaint, Evidence, Rule

FLAG = "--decode-context-parallel-size"


def _check(plan: Plan, facts: Facts) -> Iterator[Complaint]:
    ranks = number(plan, FLAG) or 1
    if ranks > 1:
        for found in _troubles(ranks, facts):
            yield Complaint(place(plan, facts, FLAG), f"{FLAG} is {ranks}; {found}")


def _troubles(ranks: int, facts: Facts) -> Iterator[str]:
    if facts.tensor % ranks:
        yield f"tensor {facts.tensor} must be a multiple of it"
        return
    shape = facts.shape
    if shape is None or shape.attention == "mla":
        return
    most = facts.tensor // shape.kv_heads
    if facts.tensor <= shape.kv_heads:
        yield f"tensor {facts.tensor} must be above the {shape.kv_heads} key/value heads, so that ranks share a head"
    elif ranks > most:
        yield f"wanted at most {most} = tensor {facts.tensor} / {shape.kv_heads} key/value heads"
    elif (shape.attention_heads // shape.kv_heads) % ranks:
        yield f"the {shape.attention_heads // shape.kv_heads} query heads of a key/value head must divide by it"


RULE = Rule(
    name="decode-context-parallel-does-not-fit",
    severity=Severity.ERROR,
    failure=Failure.CRASH,
    summary="decode context parallelism does not fit heads and tensor parallelism",
    why="vLLM refuses while it builds its configuration: `tp_size must be divisible by dcp_size`, or `tensor "
    "parallel size must be greater than total num kv heads when enable decode context parallel for GQA/MQA`.",
    help="remove args.decode-context-parallel-size: it helps only where ranks hold the same key/value heads",
    evidence=(
        Evidence(
            "vllm-project/vllm vllm/config/parallel.py",
            "0.18.1: the tensor parallel size must be a multiple",
        ),
        Evidence(
            "vllm-project/vllm vllm/config/model.py",
            "0.18.1: three assertions for models without MLA",
        ),
    ),
    bad="args: {decode-context-parallel-size: 2}",
    good="args: {decode-context-parallel-size: 1}",
    check=_check,
    allowable=False,
)
