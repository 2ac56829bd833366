"""A model class that cannot be cut into stages is to run in several."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.catalog.entries import Group
from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.rule import Complaint, Evidence, Rule


def _check(_: Plan, facts: Facts) -> Iterator[Complaint]:
    assert facts.engine_names is not None
    if facts.pipeline > 1 and facts.model_class in facts.engine_names.registered(Group.WHOLE_MODELS):
        yield Complaint(
            ("parallelism", "pipeline"),
            f"pipeline is {facts.pipeline}, and {facts.model_class} of vLLM {facts.engine_names.version} runs in one "
            "stage; wanted 1",
        )


RULE = Rule(
    name="pipeline-parallel-on-whole-model",
    severity=Severity.ERROR,
    failure=Failure.CRASH,
    summary="pipeline parallelism on a model that the engine cannot cut into stages",
    why="vLLM asks the class of the model, and refuses while it builds its configuration: `Pipeline parallelism is not "
    "supported for this model. Supported models implement the SupportsPP interface`.",
    help="set parallelism.pipeline to 1 and take more tensor ranks, or a version whose class can be cut",
    evidence=(
        Evidence(
            "vllm-project/vllm vllm/config/model.py",
            "0.11.0 to 0.33.0: raises unless the registry says that the class supports it",
        ),
        Evidence(
            "vllm-project/vllm vllm/model_executor/models/interfaces.py",
            "0.11.0 to 0.33.0: what a class must have; the catalogs hold the answer for each registered architecture",
        ),
    ),
    bad="""
model: {architecture: MiniMaxM1ForCausalLM}
parallelism: {tensor: 1, pipeline: 2}
""",
    good="""
model: {architecture: MiniMaxM2ForCausalLM}
parallelism: {tensor: 1, pipeline: 2}
""",
    applies=lambda facts: (
        facts.names_are_exact and facts.engine.name == "vllm" and facts.argument("model-impl") is None
    ),
    check=_check,
    allowable=False,
)
