"""Clients would have to ask for a model by the path of its folder."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.command_line import named_in_args
from sparkc.rules.rule import Complaint, Evidence, Rule


def _check(_: Plan, facts: Facts) -> Iterator[Complaint]:
    is_named = facts.serving.served_model_name or named_in_args(facts, "--served-model-name")
    if facts.model.path is not None and not is_named:
        yield Complaint(
            ("serving", "served_model_name"),
            f"clients must ask for the model as `{facts.model.path}`; wanted a name",
            help=f"set serving.served_model_name, for instance to {(facts.model.id or '').rpartition('/')[2].lower()}",
        )


RULE = Rule(
    name="served-name-is-a-path",
    severity=Severity.NOTE,
    failure=Failure.SILENT,
    summary="no served name is set, so the folder's path is the model's name",
    why="vLLM serves a model under the words it was started with. A client that asks for another name gets 404, "
    "and the path changes when the folder moves.",
    help="set serving.served_model_name",
    evidence=(
        Evidence(
            "https://docs.vllm.ai/en/stable/cli/serve.html",
            "--served-model-name: without it the name is that of the --model argument",
        ),
    ),
    bad="""
model: {path: /models/MiniMax-M2.7-NVFP4}
serving: {served_model_name: null}
""",
    good="model: {path: /models/MiniMax-M2.7-NVFP4}",
    check=_check,
)
