"""Whether the model can run in several stages is not known here."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.catalog.entries import Group
from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.rule import Complaint, Evidence, Rule


def _check(_: Plan, facts: Facts) -> Iterator[Complaint]:
    names = facts.engine_names
    if facts.pipeline == 1 or names is None:
        return
    if facts.model_class is None:
        why = f"the class of {facts.model.id or 'the model'} is not known"
    elif facts.model_class not in names.registered(Group.MODELS):
        why = f"{facts.model_class} is not among the models that vLLM {names.version} registers"
    else:
        return
    yield Complaint(
        ("parallelism", "pipeline"), f"pipeline is {facts.pipeline}, and {why}: nobody checked that it works"
    )


RULE = Rule(
    name="pipeline-support-unknown",
    severity=Severity.NOTE,
    failure=Failure.CRASH,
    summary="nobody checked that the model can be cut into stages",
    why="Some model classes of vLLM cannot, and it says so only at the start: `Pipeline parallelism is not supported "
    "for this model`. Which ones is in the catalogs, by the first of the `architectures` in the model's config.json.",
    help="set model.architecture to the first of the `architectures` in the model's config.json, or point model.config "
    "at that file",
    evidence=(
        Evidence(
            "vllm-project/vllm vllm/config/model.py", "0.11.0 to 0.33.0: asked for by the architectures of the model"
        ),
    ),
    bad="""
model: {architecture: BrandNewForCausalLM}
parallelism: {tensor: 1, pipeline: 2}
""",
    good="parallelism: {tensor: 1, pipeline: 2}",
    applies=lambda facts: facts.engine.name == "vllm" and facts.engine.fork is None,
    check=_check,
)
