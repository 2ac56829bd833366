"""A model whose numbers nobody knows."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.catalog.models import model_families
from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.rule import Complaint, Evidence, Rule
from sparkc.source.spelling import nearest


def _check(_: Plan, facts: Facts) -> Iterator[Complaint]:
    if facts.missing_shape:
        family = nearest(facts.model.family or "", model_families())
        yield Complaint(
            ("model", "shape"),
            f"{facts.model.id} is not in the catalog, and model.shape lacks {', '.join(facts.missing_shape)}",
            help=f"did you mean model.family: {family}?" if family else None,
        )


RULE = Rule(
    name="model-unknown",
    severity=Severity.WARNING,
    failure=Failure.SILENT,
    summary="the catalog does not hold this model, and its shape is not stated",
    why="Without heads, layers and widths sparkc can judge neither memory nor whether tensor parallelism "
    "divides: a launch that cannot work shows after minutes of loading.",
    help="state model.family for another checkpoint of a known model, or copy the numbers of its config.json to "
    "model.shape",
    evidence=(
        Evidence(
            "https://github.com/ai-dynamo/aiconfigurator",
            "aic-core/src/aiconfigurator_core/model_configs: the config.json of many models",
        ),
        Evidence(
            "vllm-project/vllm vllm/config/model.py",
            "0.18.1: checks heads and context against config.json at the start",
        ),
    ),
    bad="model: {id: example/a-new-model, size: 20 GB}",
    good="model: {id: example/a-new-model, size: 20 GB, family: qwen3.6-35b-a3b}",
    base="single",
    check=_check,
)
