"""Layers are dealt out by hand, and not all of them."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.author_variables import variable_texts
from sparkc.rules.rule import Complaint, Evidence, Rule

VARIABLE = "VLLM_PP_LAYER_PARTITION"


def _check(_: Plan, facts: Facts) -> Iterator[Complaint]:
    for word in variable_texts(facts, VARIABLE):
        parts = [part.strip() for part in (word.text or "").split(",")]
        wanted = f"{facts.pipeline} numbers"
        if not all(part.isdecimal() for part in parts) or len(parts) != facts.pipeline:
            yield Complaint(word.key, f"found {VARIABLE} {word.text}, wanted {wanted} with commas between them")
        elif facts.shape is not None and sum(map(int, parts)) != facts.shape.layers:
            total = sum(map(int, parts))
            yield Complaint(
                word.key, f"the parts of {VARIABLE} are {total} layers together, the model has {facts.shape.layers}"
            )


RULE = Rule(
    name="pipeline-partition-does-not-add-up",
    severity=Severity.ERROR,
    failure=Failure.CRASH,
    summary="VLLM_PP_LAYER_PARTITION does not fit the stages or the layers",
    why="vLLM ends while it loads the model, minutes after the start: `len(partitions) does not match pp_size`, "
    "or `sum(partitions) does not match num_hidden_layers`.",
    help="give one number of layers for each stage of parallelism.pipeline",
    evidence=(
        Evidence(
            "vllm-project/vllm vllm/distributed/utils.py",
            "0.18.1: both raise",
        ),
    ),
    bad="""
parallelism: {tensor: 1, pipeline: 2}
env: {VLLM_PP_LAYER_PARTITION: "30,30"}
""",
    good="""
parallelism: {tensor: 1, pipeline: 2}
env: {VLLM_PP_LAYER_PARTITION: "30,32"}
""",
    check=_check,
    allowable=False,
)
