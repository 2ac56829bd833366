"""A method that drafts with a model of its own, and no such model is named."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.engine_config import place, structure
from sparkc.rules.rule import Complaint, Evidence, Rule

FLAG = "--speculative-config"
NEED_A_MODEL = ("eagle", "eagle3", "medusa", "mlp_speculator", "draft_model", "dflash")


def _check(plan: Plan, facts: Facts) -> Iterator[Complaint]:
    config = structure(plan, FLAG)
    if config.get("method") in NEED_A_MODEL and config.get("model") is None:
        yield Complaint(
            place(plan, facts, FLAG),
            f"{config['method']} drafts with a model of its own, and none is named; wanted its Hub id or path",
        )


RULE = Rule(
    name="drafts-without-model",
    severity=Severity.ERROR,
    failure=Failure.CRASH,
    summary="a method that needs a draft model, and no weights for it",
    why="vLLM refuses while it builds its configuration: `num_speculative_tokens was provided but without speculative "
    "model.` MTP and DSpark find their weights in the target's checkpoint, n-gram and suffix drafts need none.",
    help="name the draft in serving.speculative.model: {id, revision}, or take a method without one, like ngram",
    evidence=(
        Evidence(
            "vllm-project/vllm vllm/config/speculative.py",
            "0.13.0 to 0.33.0: raises for every method that is not mtp, dspark, ngram, ngram_gpu, suffix, "
            "extract_hidden_states or custom_class",
        ),
    ),
    applies=lambda facts: facts.engine.name in ("vllm", "vllm-ascend"),
    bad="serving: {speculative: {method: medusa, num_speculative_tokens: 3}}",
    good="serving: {speculative: {method: medusa, num_speculative_tokens: 3, model: {id: someone/a-medusa}}}",
    base="single",
    check=_check,
    allowable=False,
)
