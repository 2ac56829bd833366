"""The switches for links inside an Atlas A2 are set on another machine."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.author_variables import text_on, variable_texts
from sparkc.rules.rule import Complaint, Evidence, Rule

PCIE, ROCE = "HCCL_INTRA_PCIE_ENABLE", "HCCL_INTRA_ROCE_ENABLE"


def _check(plan: Plan, facts: Facts) -> Iterator[Complaint]:
    for word in variable_texts(facts, PCIE):
        if word.text == "1" and text_on(word.host, ROCE) == "0":
            yield Complaint(
                word.key, f"found {PCIE}=1 and {ROCE}=0 on {plan.hardware}, wanted them on an Atlas A2 only"
            )


RULE = Rule(
    name="links-of-an-a2",
    severity=Severity.WARNING,
    failure=Failure.SLOW,
    summary="HCCL's link switches for the A2 are set on another machine",
    why="On an A2 the pair keeps the tokens' way to their experts inside the machine as far as it can. vLLM-Ascend "
    "asks for the pair and not for the machine, so that an A3 takes that way, too, and synchronises the data parallel "
    "ranks where it need not.",
    help="remove HCCL_INTRA_PCIE_ENABLE and HCCL_INTRA_ROCE_ENABLE",
    evidence=(
        Evidence(
            "https://docs.vllm.ai/projects/ascend/en/v0.23.0/tutorials/models/MiniMax-M2.html",
            "5.1: the pair stands in the launch of the A2, and in none of the A3",
        ),
        Evidence(
            "vllm-project/vllm-ascend vllm_ascend/utils.py",
            "0.21.0rc1, is_hierarchical_communication_enabled: looks at the two variables alone; "
            "should_skip_allreduce_across_dp_group answers no then",
        ),
    ),
    bad="""
nodes: {hardware: atlas-800-a3}
engine: {image: {ref: "quay.io/ascend/vllm-ascend:v0.21.0rc1-a3"}}
parallelism: {tensor: 16, expert: 16}
env: {HCCL_INTRA_PCIE_ENABLE: 1, HCCL_INTRA_ROCE_ENABLE: 0}
""",
    good="""
nodes: {hardware: atlas-800-a3}
engine: {image: {ref: "quay.io/ascend/vllm-ascend:v0.21.0rc1-a3"}}
parallelism: {tensor: 16, expert: 16}
""",
    base="atlas",
    applies=lambda facts: facts.hardware is not None and facts.hardware.architecture == "ascend-a3",
    check=_check,
)
