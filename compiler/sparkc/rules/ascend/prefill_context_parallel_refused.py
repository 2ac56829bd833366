"""Prefill context parallelism on a release of vLLM-Ascend that does not take it."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.catalog.versions import is_within
from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.author_variables import text_on
from sparkc.rules.engine_config import number, place
from sparkc.rules.rule import Complaint, Evidence, Rule

FLAG, RUNNER = "--prefill-context-parallel-size", "VLLM_USE_V2_MODEL_RUNNER"


def _check(plan: Plan, facts: Facts) -> Iterator[Complaint]:
    ranks = number(plan, FLAG) or 1
    if ranks == 1:
        return
    if is_within(facts.engine.version, ">=0.25.1rc1") and text_on(facts.head, RUNNER) in (None, "", "0"):
        yield Complaint(
            place(plan, facts, FLAG), f"{FLAG} is {ranks}, wanted 1: without {RUNNER}=1 vLLM-Ascend does not know it"
        )
    if is_within(facts.engine.version, ">=0.23,<0.25") and facts.data > 1:
        yield Complaint(
            place(plan, facts, FLAG),
            f"{FLAG} is {ranks} with {facts.data} data parallel ranks; wanted one of them to be 1",
        )


RULE = Rule(
    name="prefill-context-parallel-refused",
    severity=Severity.ERROR,
    failure=Failure.CRASH,
    summary="this release of vLLM-Ascend refuses prefill context parallelism here",
    why="vLLM-Ascend refuses while it builds its configuration: `PCP (Prefill Context Parallelism) is not supported by "
    "vLLM Ascend`, before 0.25 only together with data parallelism: `PCP and DP cannot be enabled simultaneously`.",
    help="remove args.prefill-context-parallel-size",
    evidence=(
        Evidence(
            "vllm-project/vllm-ascend vllm_ascend/platform.py",
            "0.25.1rc1 and 0.26.0rc1: raises unless the V2 model runner is on; 0.23.0 and 0.24.0rc1: raises with data "
            "parallelism; 0.21.0rc1: takes it",
        ),
        Evidence(
            "vllm-project/vllm-ascend vllm_ascend/patch/platform/patch_use_v2_model_runner.py",
            "0.25.1rc1: VLLM_USE_V2_MODEL_RUNNER alone decides, and off is the default",
        ),
    ),
    bad="""
engine:
  name: vllm-ascend
  version: 0.25.1rc1
  executor: mp
  ray: null
  image: {ref: "quay.io/ascend/vllm-ascend:v0.25.1rc1", id: null}
nodes: {hardware: atlas-800i-a2}
quant: w8a8
args: {prefill-context-parallel-size: 2}
""",
    good="""
engine:
  name: vllm-ascend
  version: 0.25.1rc1
  executor: mp
  ray: null
  image: {ref: "quay.io/ascend/vllm-ascend:v0.25.1rc1", id: null}
nodes: {hardware: atlas-800i-a2}
quant: w8a8
""",
    applies=lambda facts: facts.engine.name == "vllm-ascend",
    check=_check,
    allowable=False,
)
