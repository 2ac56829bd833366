"""A draft model is cut into the pipeline stages of its target, which its class cannot."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.catalog.versions import is_within
from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.engine_config import place, structure
from sparkc.rules.rule import Complaint, Evidence, Rule

FLAG = "--speculative-config"
WHOLE = ("eagle", "eagle3", "medusa", "dflash", "dspark")
CUT_MTP = ("glm4_moe_lite", "glm_ocr", "nemotron_h", "nemotron_h_puzzle")
"""Model types whose class for multi-token prediction can be cut (vLLM 0.16.0 to 0.27.1)."""


def _check(plan: Plan, facts: Facts) -> Iterator[Complaint]:
    method = structure(plan, FLAG).get("method")
    if facts.pipeline > 1 and (method in WHOLE or (method == "mtp" and _mtp_is_whole(facts))):
        yield Complaint(
            place(plan, facts, FLAG),
            f"found {method} drafts over {facts.pipeline} pipeline stages, wanted one stage, or n-gram drafts",
            also=((("parallelism", "pipeline"), "the stages are asked for here"),),
        )


def _mtp_is_whole(facts: Facts) -> bool:
    known = facts.model_type is not None and facts.model_type not in CUT_MTP
    return known and is_within(facts.engine.version, ">=0.16")


RULE = Rule(
    name="draft-model-over-stages",
    severity=Severity.ERROR,
    failure=Failure.CRASH,
    summary="a draft model is asked for over several pipeline stages",
    why="Up to 0.27 vLLM gives a draft the pipeline size of its target and then asks whether its class can be cut. No "
    "draft's can but three of multi-token prediction: `Pipeline parallelism is not supported for this model. Supported "
    "models implement the SupportsPP interface`, while it builds its configuration.",
    help="use tensor parallelism, take ngram drafts, or vLLM 0.30.0, which keeps the draft on the last stage",
    evidence=(
        Evidence(
            "vllm-project/vllm vllm/config/speculative.py",
            "0.13.0 to 0.27.1: create_draft_parallel_config takes the target's pipeline size, and "
            "verify_with_parallel_config judges the draft; 0.30.0 and 0.33.0: always one stage",
        ),
        Evidence(
            "vllm-project/vllm vllm/model_executor/models",
            "0.16.0 to 0.27.1: of the classes for drafts only Glm4MoeLiteMTPModel, GlmOcrMTPModel and (0.18.1) "
            "NemotronHMTPModel can be cut; up to 0.13.0 most of multi-token prediction can",
        ),
    ),
    applies=lambda facts: (
        facts.names_are_exact and facts.engine.name == "vllm" and is_within(facts.engine.version, ">=0.13,<0.28")
    ),
    bad="""
model: {id: stepfun-ai/Step-3.7-Flash, size: 100 GB}
engine: {version: 0.23.0}
parallelism: {tensor: 1, pipeline: 2}
serving: {speculative: {method: mtp, num_speculative_tokens: 3}}
""",
    good="""
model: {id: stepfun-ai/Step-3.7-Flash, size: 100 GB}
engine: {version: 0.23.0}
parallelism: {tensor: 1, pipeline: 2}
serving: {speculative: {method: ngram, num_speculative_tokens: 3}}
""",
    check=_check,
    allowable=False,
)
