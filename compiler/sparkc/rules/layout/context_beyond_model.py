"""A context that is longer than the model was made for."""

from __future__ import annotations

from collections.abc import Iterator

from sparkc.findings import Failure, Severity
from sparkc.plan import Plan
from sparkc.resolve.facts import Facts
from sparkc.rules.layout.context import is_lengthened, lengthener, override, override_is_on
from sparkc.rules.rule import Complaint, Evidence, Rule


def _knows_the_limit(facts: Facts) -> bool:
    return facts.longest_context is not None and not is_lengthened(facts)


def _check(_: Plan, facts: Facts) -> Iterator[Complaint]:
    asked, limit = facts.serving.max_model_len, facts.longest_context
    assert limit is not None
    if asked is not None and asked > limit and not override_is_on(facts):
        yield Complaint(
            ("serving", "max_model_len"),
            f"max_model_len is {asked:,} tokens, the model's config.json admits {limit:,}",
            help=f"set it to {limit}, stretch the model with args: {{{lengthener(facts)[2:]}: …}}, "
            f"or set {override(facts)}",
        )


RULE = Rule(
    name="context-beyond-model",
    severity=Severity.ERROR,
    failure=Failure.CRASH,
    summary="max_model_len is longer than the model admits",
    why="vLLM refuses while it builds its configuration: `User-specified max_model_len is greater than the derived "
    "max_model_len`, unless VLLM_ALLOW_LONG_MAX_MODEL_LEN is set. SGLang refuses likewise: `User-specified "
    "context_length is greater than the derived context_length`. `To allow overriding this maximum, set the env var "
    "SGLANG_ALLOW_OVERWRITE_LONGER_CONTEXT_LEN=1`.",
    help="lower serving.max_model_len",
    evidence=(
        Evidence(
            "vllm-project/vllm vllm/config/model.py", "0.18.1: compares it with max_position_embeddings and its kin"
        ),
        Evidence(
            "sgl-project/sglang python/sglang/srt/configs/model_config.py", "0.5.12: the same for --context-length"
        ),
    ),
    bad="serving: {max_model_len: 400000}",
    good="serving: {max_model_len: 131072}",
    base="single",
    applies=_knows_the_limit,
    check=_check,
    allowable=False,
)
