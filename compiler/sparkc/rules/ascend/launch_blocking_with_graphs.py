"""Kernels are to run one by one, and graphs are on."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.author_variables import variable_texts
from sparkc.rules.rule import Complaint, Evidence, Rule

VARIABLE = "ASCEND_LAUNCH_BLOCKING"


def _check(plan: Plan, facts: Facts) -> Iterator[Complaint]:
    for word in variable_texts(facts, VARIABLE):
        if word.text == "1" and facts.graph_mode not in ("off", "none"):
            yield Complaint(word.key, f"found {VARIABLE} 1 with graphs, wanted 0, or serving.cuda_graphs: off")


RULE = Rule(
    name="launch-blocking-with-graphs",
    severity=Severity.ERROR,
    failure=Failure.CRASH,
    summary="ASCEND_LAUNCH_BLOCKING is set while graphs are captured",
    why="vLLM-Ascend refuses while it builds its configuration: `ACL graph is incompatible with "
    "ASCEND_LAUNCH_BLOCKING=1`.",
    help="remove the variable, or set serving.cuda_graphs: off",
    evidence=(
        Evidence(
            "vllm-project/vllm-ascend vllm_ascend/platform.py",
            "0.21.0rc1: raises unless the graph mode is NONE",
        ),
    ),
    bad="""
serving: {cuda_graphs: full_decode_only}
env: {ASCEND_LAUNCH_BLOCKING: "1"}
""",
    good="serving: {cuda_graphs: full_decode_only}",
    base="atlas",
    applies=lambda facts: facts.engine.name == "vllm-ascend",
    check=_check,
    allowable=False,
)
