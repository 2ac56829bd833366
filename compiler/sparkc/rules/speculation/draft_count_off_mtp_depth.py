"""More drafts than the model has heads for, and no whole number of turns."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.catalog.entries import Group
from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.engine_config import place, structure
from sparkc.rules.rule import Complaint, Evidence, Rule

FLAG = "--speculative-config"


def _check(plan: Plan, facts: Facts) -> Iterator[Complaint]:
    config, depth = structure(plan, FLAG), facts.shape.mtp_layers if facts.shape else 0
    count = config.get("num_speculative_tokens")
    if not isinstance(count, int) or depth == 0 or count <= depth or count % depth == 0:
        return
    if _drafts_with_the_model_itself(config.get("method"), config.get("model")) and _depth_is_the_models_own(facts):
        yield Complaint(
            place(plan, facts, FLAG),
            f"num_speculative_tokens is {count}; wanted at most {depth}, or a multiple: so many come from one turn",
        )


def _drafts_with_the_model_itself(method: object, model: object) -> bool:
    return model is None and isinstance(method, str) and (method == "mtp" or method.endswith("_mtp"))


def _depth_is_the_models_own(facts: Facts) -> bool:
    assert facts.engine_names is not None
    known = facts.engine_names.registered(Group.MTP_MODELS)
    return facts.model_type in known or facts.model_class in known


RULE = Rule(
    name="draft-count-off-mtp-depth",
    severity=Severity.ERROR,
    failure=Failure.CRASH,
    summary="the number of drafts is no multiple of the depth of multi-token prediction",
    why="vLLM takes the depth from the model's own config.json and goes through its layers several times when more "
    "drafts are asked for. It refuses what does not come out even: `num_speculative_tokens:4 must be divisible by "
    "n_predict=3`.",
    help="take the depth, or a multiple of it, for num_speculative_tokens",
    evidence=(
        Evidence(
            "vllm-project/vllm vllm/config/speculative.py",
            "0.11.0 to 0.33.0: raises when the count is above n_predict and not a multiple; hf_config_override says "
            "for which model types n_predict is the model's own num_nextn_predict_layers or mtp_num_hidden_layers",
        ),
    ),
    bad="""
model: {id: stepfun-ai/Step-3.7-Flash, size: 100 GB}
engine: {version: 0.23.0}
serving: {speculative: {method: mtp, num_speculative_tokens: 4}}
""",
    good="""
model: {id: stepfun-ai/Step-3.7-Flash, size: 100 GB}
engine: {version: 0.23.0}
serving: {speculative: {method: mtp, num_speculative_tokens: 6}}
""",
    applies=lambda facts: facts.names_are_exact and facts.engine.name == "vllm",
    check=_check,
    allowable=False,
)
