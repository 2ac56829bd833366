"""The author left a value to sparkc, and no value fits."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.resolve.fit_word import CONTEXT, MEMORY, PIN
from sparkc.rules.rule import Complaint, Evidence, Rule

_SOUGHT = {
    MEMORY: "a share of the memory with which every check passes",
    CONTEXT: "a context of which the cache surely holds one request",
    PIN: "a cache of 256 MiB that every boot can give",
}


def check(plan: Plan, facts: Facts) -> Iterator[Complaint]:
    """Report each `fit` that could not be decided, with the checks that stand against it."""
    part, serving = facts.memory, facts.serving
    decided = {
        MEMORY: part.gpu_memory_utilization or part.mem_fraction_static,
        CONTEXT: serving.max_model_len,
        PIN: part.kv_cache_memory_bytes,
    }
    against = dict.fromkeys(
        f"{check.name} is {check.verdict}"
        for node in plan.nodes
        for check in node.memory.checks
        if check.verdict != "yes"
    )
    for place in facts.fits:
        if decided[place] is None:
            because = f"; {', '.join(against)}" if against else ""
            yield Complaint(place, f"found fit, wanted {_SOUGHT[place]}, and there is none{because}")


RULE = Rule(
    name="fit-not-found",
    severity=Severity.ERROR,
    failure=Failure.OOM,
    summary="nothing fits where the spec says `fit`",
    why="`fit` asks sparkc for a value with which the launch surely works. When weights, shape or machine are not "
    "known, or the weights leave no room, there is no such value, and the engine would find out after the whole load.",
    help="state what is not known (model.size, model.shape), or take fewer bytes: a smaller checkpoint, more nodes",
    evidence=(
        Evidence(
            "vllm-project/vllm vllm/v1/core/kv_cache_utils.py",
            "0.18.1: a cache without room for one request ends the launch after loading",
        ),
        Evidence(
            "https://github.com/eugr/spark-vllm-docker/issues/396",
            "MiniMax M2.7 AWQ: 196,608 tokens were refused at 0.80 after the load, and held 1.22 times at 0.85",
        ),
    ),
    check=check,
    bad="""
model: {id: example/a-new-model, path: /models/a-new-model}
quant: mxfp4
serving: {max_model_len: fit}
""",
    good="""
model: {id: example/a-new-model, path: /models/a-new-model}
quant: mxfp4
serving: {max_model_len: 32768}
""",
)
